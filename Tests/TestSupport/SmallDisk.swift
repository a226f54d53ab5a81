import Foundation
import Glibc

/// A small disk of its own, in memory, that can be filled. Unmounted with the last reference.
public final class SmallDisk: Sendable {
  /// Whether this process may mount file systems; root in a container may not.
  public static let isAllowed: Bool = {
    guard let directory = try? TemporaryDirectory(),
      Glibc.mount("none", directory.path, "tmpfs", 0, nil) == 0
    else { return false }
    return umount2(directory.path, 0) == 0
  }()

  private let url: URL

  public init(_ url: URL, megabytes: Int) throws {
    self.url = url
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    guard Glibc.mount("none", url.path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else {
      throw Unmet(description: "cannot mount a small disk: errno \(errno)")
    }
  }

  deinit { _ = umount2(url.path, Int32(MNT_DETACH)) }

  private var filler: String { url.appendingPathComponent("filler").path }

  /// Leaves so many bytes free.
  public func fill(leaving free: Int) throws {
    let descriptor = open(filler, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw Unmet(description: "cannot fill the disk: errno \(errno)") }
    defer { close(descriptor) }
    let block = [UInt8](repeating: 1, count: 4_096)
    while write(descriptor, block, block.count) == block.count {}
    var status = stat()
    fstat(descriptor, &status)
    ftruncate(descriptor, max(0, Int(status.st_size) - free))
  }

  /// Gives the room back.
  public func empty() { unlink(filler) }

  /// Lets nothing be written any more, or again.
  public func setReadOnly(_ isReadOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
    guard Glibc.mount(nil, url.path, nil, flags, nil) == 0 else {
      throw Unmet(description: "cannot mount the disk again: errno \(errno)")
    }
  }
}
