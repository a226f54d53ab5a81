import Glibc

/// How many descriptors this process may have open.
public enum DescriptorLimit {
  /// Raises the limit to `count` where the hard limit allows it, and returns what it is then. systemd
  /// starts services with 1,024, for programs that use select(2); this one does not.
  public static func raise(to count: Int) -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    guard getrlimit(resource, &limit) == 0 else { return 1_024 }
    let wanted = rlim_t(max(0, count))
    if limit.rlim_cur < wanted {
      let before = limit
      limit.rlim_cur = min(wanted, limit.rlim_max)
      if setrlimit(resource, &limit) != 0 { limit = before }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
