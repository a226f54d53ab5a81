import SystemPackage

extension FakeLibrary {
  /// Far more files than a socket's buffers hold the list of.
  func makeLong() {
    with { state in
      let file = state.files[0]
      state.files = (0..<120).map { index in
        var copy = file
        copy.path = FilePath("/music/\(String(repeating: "x", count: 4_000))\(index)")
        return copy
      }
    }
  }
}
