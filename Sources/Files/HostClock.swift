import CLinux

/// The host's clock.
package enum HostClock {
  /// Whether the kernel knows of somebody who keeps it right: NTP, chrony, the hypervisor.
  package static var isSynchronized: Bool { akiba_clock_is_synchronized() != 0 }
}
