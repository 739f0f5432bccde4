import Dispatch

/// A thread for one task: a store may block while it writes, and the few threads that all tasks share are for sealing.
final class OwnThread: TaskExecutor {
  private let queue = DispatchQueue(label: "akiba.sender")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
