import Testing

/// The programs as they are installed, on real lines, sockets and disks. One at a time: each of
/// these tests loads the machine as a station's bad day does.
@Suite("End to end", .serialized)
enum EndToEnd {}
