import Core
import SystemPackage

/// What the library does for those who ask: the one door through which the server enters.
///
/// ``HarkLibrary`` is the real one; tests of the server bring their own.
public protocol LibraryService: Sendable {
  /// How the library stands. Complexity: O(1) in the number of recordings.
  func status() async throws(HarkError) -> LibraryStatus

  /// Files in the order of their paths' bytes. Throws `invalidArgument` on a bad limit.
  func files(_ query: FileQuery) async throws(HarkError) -> Page<FileEntry, FilePath>

  /// One file. Throws `notFound`, saying whether the path lies outside every root.
  func file(at path: FilePath) async throws(HarkError) -> FileEntry

  /// Recordings, oldest first. Throws `invalidArgument` on a bad limit.
  func recordings(_ query: RecordingQuery) async throws(HarkError)
    -> Page<RecordingEntry, RecordingKey>

  /// One recording. Throws `notFound`.
  func recording(_ id: RecordingID) async throws(HarkError) -> RecordingEntry

  /// The `k` recordings nearest to the query, exactly. Throws `notFound` for a seed that the library
  /// does not hold, `unavailable` for one that is not analysed yet, and `invalidArgument` for
  /// anything else that is wrong with the query.
  func similar(_ query: SimilarQuery) async throws(HarkError) -> SimilarAnswer

  /// The active model's tags for the whole of a recording. Throws `notFound` for a source that the
  /// library does not hold, and `unavailable` for one that is not analysed yet or while the model is
  /// not at hand.
  func tags(of source: Seed.Source) async throws(HarkError) -> TagAnswer

  /// What recording is heard in the query, and where in it. Throws `notFound` for a source that the
  /// library does not hold, and `unavailable` for one that has no landmarks yet.
  func identify(_ query: IdentifyQuery) async throws(HarkError) -> IdentifyAnswer

  /// Which files hold the same music. Compares all recordings where something has changed since they
  /// last were, which takes a while in a large library.
  ///
  /// - Parameter seconds: after which the answer says how far the comparison is, which goes on; `nil`
  ///   waits for its end.
  func duplicates(waitingAtMost seconds: Double?) async throws(HarkError) -> DuplicateAnswer

  /// Hears audio that came with a query to be identified: its peaks, and no embedding. As
  /// ``analyse(_:)`` otherwise.
  func listen(to descriptor: FileDescriptor) async throws(AnalysisFailure) -> Analysis

  /// Analyses audio that came with a query, in the worker that is kept for queries. The descriptor is
  /// borrowed for the call and must allow seeking.
  func analyse(_ descriptor: FileDescriptor) async throws(AnalysisFailure) -> Analysis

  /// Scans again below `directory`, or everything, and tries failed files there again. Returns at
  /// once. Throws `notFound` for a directory outside every root.
  ///
  /// - Parameter isAdopting: whether a root or mount there that is offline, because its file system is not
  ///   the recorded one or because it is empty, is taken as it is.
  func rescan(under directory: FilePath?, adopting isAdopting: Bool) async throws(HarkError)

  /// Forgets a file's analysis: it is removed from the library, and its recording with it if no other
  /// file holds it. A file that is still there is analysed afresh. Throws `notFound`.
  func forget(_ path: FilePath) async throws(HarkError)

  /// Everything that is committed at this moment, to be read as one archive. Analyses go on while it is
  /// read. Throws `noSpace` where no copy of the catalogue fits, `unavailable` while starting, and
  /// `corrupt` for state that is damaged.
  func backup() async throws(HarkError) -> LibraryBackup

  /// What happens from now on. A listener that is slower than 1,024 events loses the oldest, which
  /// the gap in their numbers shows.
  func events() -> AsyncStream<LibraryEvent>
}
