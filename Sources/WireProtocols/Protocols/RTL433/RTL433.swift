import AlarmModel

/// What rtl_433 prints with `-F json`: a receiver program for a radio stick, which hears some two
/// hundred models of sensors and remotes on 433 MHz and other free bands, one line of JSON each.
///
/// ```
/// {"time" : "2026-11-21 09:25:58", "model" : "X10-Security", "id" : "3102", "code" : "26" ...} LF
/// ```
/// Which of them call for help is in a table: see ``models``. `protocol-spec/rtl433/SPEC.md` has
/// the details.
public enum RTL433: WireProtocol {
    public typealias Session = RTL433Session

    public static let about = ProtocolDescription(
        id: "rtl433", title: "JSON lines of rtl_433: radio pendants, remotes and detectors",
        link: "pipe, TCP", reply: "none",
        authority: "lines of rtl_433 22.11; its sources for models that could not be replayed",
        kinds: EventKind.allCases.filter { $0 != .position })

    /// Other programs may write other lines in between, and only the grammar tells.
    public static let hasChecksum = false

    /// Lines of sensors have some 300 bytes; reports of rtl_433 on itself are longer.
    public static let frameLengthMax = 4_096

    /// A remote has an id of its own, whichever receiver hears it.
    public static let identity = Identity(.global)

    /// ``RTL433Session`` tells the copies of one press by their time; a line has nothing that every
    /// press changes.
    public static let repeatRule = RepeatRule.never

    private static let start = UInt8(ascii: "{")
    private static let lineFeed: UInt8 = 0x0A

    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard unread[0] == start else { return skip(unread, .noise) }
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        guard let end = window.firstIndex(of: lineFeed, from: searched) else {
            return window.count < frameLengthMax
                ? .needMore(searched: window.count) : skip(window, .tooLong)
        }
        return .likelyFrame(length: end + 1)
    }

    /// A line that is no object from its first byte; one may begin inside it, where a program broke
    /// off and was started anew.
    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        let end = window.firstIndex(of: lineFeed) ?? window.count - 1
        var next = window.firstIndex(of: start, from: 1)
        while let start = next, start < end {
            if isObject(window.extracting(start..<end)) {
                return .skip(count: start, reason: .badFormat)
            }
            next = window.firstIndex(of: self.start, from: start + 1)
        }
        return .skip(count: end + 1, reason: .badFormat)
    }

    private static func skip(_ unread: Span<UInt8>, _ reason: SkipReason) -> FrameScan {
        .skip(count: unread.firstIndex(of: start, from: 1) ?? unread.count, reason: reason)
    }

    private static func isObject(_ line: Span<UInt8>) -> Bool {
        var members = JSONMembers()
        while members.next(in: line) != nil {}
        return members.isWhole
    }

    /// It listens only.
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {}
}
