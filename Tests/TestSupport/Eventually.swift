import Foundation

/// Tries until it does not throw.
///
/// - Throws: the last error, after a minute.
@discardableResult
package func eventually<Value>(_ body: () throws -> Value) throws -> Value {
  let deadline = ContinuousClock.now + .seconds(60)
  while true {
    do {
      return try body()
    } catch  where ContinuousClock.now < deadline {
      usleep(20_000)
    }
  }
}
