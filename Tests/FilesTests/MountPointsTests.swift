import Files
import SystemPackage
import Testing

struct MountPointsTests {
  @Test func `names with blanks are read, and lines that are none are left out`() {
    let table = """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      30 22 254:0 /data /srv/with\\040blank rw,relatime shared:1 - ext4 /dev/vda rw
      garbage
      31 22 0:5 / /srv/back\\134slash\\9 rw - tmpfs tmpfs rw
      """
    let points = MountPoints(table: Array(table.utf8))
    #expect(points.contains("/") && points.contains("/srv/with blank") && points.contains("/srv/back\\slash\\9"))
    #expect(!points.contains("/srv") && !points.contains("/data"))
  }

  @Test func `this process has mounts`() throws {
    let points = try MountPoints.current()
    #expect(points.contains("/proc") && !points.contains("/proc/self"))
  }
}
