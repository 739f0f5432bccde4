import Dispatch

/// A thread for one task: a store or a disk may block while it writes, and the few threads that all tasks share are for sealing.
package final class OwnThread: TaskExecutor {
  private let queue = DispatchQueue(label: "akiba.own-thread")

  package init() {}

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
