import AlarmModel

/// A big button on a USB cable, read by its reports from hidraw. What each model's reports mean is
/// a table: ``HIDModel``. `protocol-spec/hid-button/SPEC.md` has the details.
///
/// ```
/// length 1 | report
/// ```
/// The kernel hands over whole reports; the port puts the length in front, so that a capture of
/// them can be taken apart again. Replies are written to the device as they are, one report each.
public enum HIDButton: WireProtocol {
    public typealias Session = HIDButtonSession

    public static let about = ProtocolDescription(
        id: "hid-button", title: "USB buttons on hidraw", link: "hidraw",
        reply: "a poll every 50 ms, where the model wants one",
        authority: "a published USB trace and several open drivers that agree",
        kinds: EventKind.allCases.filter { $0 != .position })

    public static let hasChecksum = false

    /// The length byte and the longest report of any model.
    public static let frameLengthMax = 1 + Report.lengthMax

    /// The wire names nobody.
    public static let identity = Identity(.port)

    /// Two presses have the same bytes: ``HIDButtonSession`` knows them by what was between.
    public static let repeatRule = RepeatRule.never

    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard HIDModel.isReportLength(unread[0]) else { return .skip(count: 1, reason: .noise) }
        let length = Int(unread[0])
        return unread.count > length
            ? .frame(length: length + 1) : .needMore(searched: unread.count)
    }

    /// One report. Which model it is from is told by the configuration, not by the report.
    public struct Report: Equatable, Sendable {
        static let lengthMax = 8

        /// The first byte highest, zeros behind the last.
        public let word: UInt64
        public let length: UInt8

        /// Nil for none and for more than eight bytes.
        public init?(_ bytes: [UInt8]) { self.init(bytes.span) }

        @inline(__always)
        init?(_ bytes: Span<UInt8>) {
            guard !bytes.isEmpty, bytes.count <= Self.lengthMax else { return nil }
            length = UInt8(bytes.count)
            guard bytes.count < Self.lengthMax else {
                word = bytes.uint64(at: 0)
                return
            }
            var word: UInt64 = 0
            for index in 0..<bytes.count {
                word |= UInt64(bytes[index]) << UInt64(56 - 8 * index)
            }
            self.word = word
        }

        /// The byte at `index`, 0 for the first. Precondition: `0 <= index < 8`.
        @inline(__always)
        func byte(at index: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * index))
        }
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Report {
        guard !frame.isEmpty, frame.count == Int(frame[0]) + 1 else { throw .truncated }
        guard let report = Report(frame.extracting(1..<frame.count)) else { throw .badField }
        return report
    }

    public static func emit(_ report: Report, into bytes: inout [UInt8]) {
        bytes.append(report.length)
        for index in 0..<Int(report.length) { bytes.append(report.byte(at: index)) }
    }

    /// What changed since the last report. A model that is polled says the same many times a
    /// second: that is a sign of life. A report that the table does not know is told once.
    @inline(__always)
    public static func events(
        of report: Report, in session: inout HIDButtonSession, _ body: borrowing EventBody
    ) {
        var draft = EventDraft(.checkIn)
        draft.code = ShortText(hex: report.byte(at: session.model.stateOffset))
        guard session.isNews(report) else { return body(draft, nil) }
        guard let state = session.model.state(of: report) else {
            draft.kind = .unknown
            return body(draft, "report not known")
        }
        if state.isPress { draft.kind = session.kind }
        body(draft, state.text)
    }

    /// A button sends what it is told, and wants no answer.
    public static func reply(
        to report: Report, in session: inout HIDButtonSession, into reply: inout Reply
    ) {}

    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Report? {
        switch kinds {
        case [.sos]: Report([0x16, 0, 0, 0, 0, 0, 0, 3])
        case [.checkIn]: Report([0x15, 0, 0, 0, 0, 0, 0, 3])
        case [.unknown]: Report([0x14, 0, 0, 0, 0, 0, 0, 3])
        default: nil
        }
    }
}
