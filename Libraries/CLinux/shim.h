// What Swift's Glibc module leaves out. From <malloc.h>:
int mallopt(int parameter, int value);
enum { AKIBA_M_TRIM_THRESHOLD = -1, AKIBA_M_MMAP_THRESHOLD = -3, AKIBA_M_ARENA_MAX = -8 };

// The time a file was made, which stat does not tell.
#include <linux/stat.h>
int statx(int folder, const char *path, int flags, unsigned int mask, struct statx *result);
enum { AKIBA_AT_EMPTY_PATH = 0x1000 };

// Variadic, or left out: the kernel's clock and the priority of disk work.
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>
static inline int akiba_clock_is_synchronized(void) {
  struct timex state = {0};
  int result = adjtimex(&state);
  return result != -1 && result != TIME_ERROR && !(state.status & STA_UNSYNC);
}
// The lowest of the class that is still served under load: IOPRIO_WHO_PROCESS, class best effort (2), level 7.
static inline long akiba_lower_disk_priority(int thread) { return syscall(SYS_ioprio_set, 1, thread, (2 << 13) | 7); }

// Hidden without _GNU_SOURCE.
#include <spawn.h>
enum { AKIBA_SPAWN_SETSID = 0x80 };
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *folder);

// Wakes a thread that waits in poll.
#include <sys/eventfd.h>

// Sharing one file's blocks with another; from <linux/fs.h>, which does not go together with <sys/mount.h>.
#include <sys/ioctl.h>
static inline int akiba_clone(int target, int source) { return ioctl(target, _IOW(0x94, 9, int), source); }

// Hidden without _GNU_SOURCE: a file that is nowhere but in memory, a whole file system made durable, and two names that change places.
enum { AKIBA_MFD_CLOEXEC = 1, AKIBA_RENAME_EXCHANGE = 2 };
int memfd_create(const char *name, unsigned int flags);
int syncfs(int descriptor);
int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);

// Hidden without _GNU_SOURCE, or in unions: the network of another process.
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
enum { AKIBA_CLONE_NEWNET = 0x40000000 };
int setns(int descriptor, int kind);
static inline int akiba_bring_up_loopback(void) {
  int socket_number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_number < 0) return -1;
  struct ifreq request = {0};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int result = ioctl(socket_number, SIOCSIFFLAGS, &request);
  close(socket_number);
  return result;
}

// Hidden without _GNU_SOURCE: reading past the page cache.
#include <fcntl.h>
enum { AKIBA_O_DIRECT = __O_DIRECT };

// What kind of file system holds a path; Swift's Glibc leaves <sys/statfs.h> out.
#include <sys/statfs.h>
