/// The types that travel over the socket, one for each JSON object of the API. Server and clients
/// share them.
///
/// Keys are snake_case. Times are seconds: positions and lengths in audio from the recording's
/// start, moments since 1970. Paths are absolute; see ``PathText`` for those that are not UTF-8.
/// Answers are decoded leniently, so that an older client understands a newer daemon; requests
/// strictly, because a misspelt key must not silently widen a query.
public enum Wire {}
