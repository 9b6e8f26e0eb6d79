import AlarmModel

/// SIA DC-09: alarms over TCP and UDP as panels and pendants' base units send them, plain or
/// encrypted, with Contact ID or SIA codes inside. Text, Latin letters, one line a message.
///
/// ```
///   LF 88D1 003A "ADM-CID" 0007 R0 L0 #1234 [#1234|1101 01 003] [X007E..] _09:25:58,11-21-2026 CR
///      |    |    |         |    |  |  |     |                   |         |
///      CRC  |    token     |    |  |  |     data                extended  time, UTC
///           length of all from the quote to before CR     account         data
///                          sequence  receiver, line (account prefix)
/// ```
///
/// With a `*` in front of the token, all behind the first bracket is AES-CBC as hexadecimal digits.
/// A frame whose checksum or length is wrong is not answered; all else is, once it is stored.
/// `protocol-spec/dc09/SPEC.md` has the details.
public enum DC09: WireProtocol {
    public typealias Session = DC09Session

    public static let about = ProtocolDescription(
        id: "dc09", title: "SIA DC-09, Contact ID and SIA over IP", link: "TCP, UDP",
        reply: "ACK, encrypted as the frame was; NAK for a wrong clock or key; never DUH",
        authority: "ANSI/SIA DC-09 as published by several open implementations that agree",
        kinds: EventKind.allCases.filter {
            ![.geofenceEnter, .geofenceExit, .removed].contains($0)
        })

    /// Line feed, checksum, length, the longest text that three digits of length can say, and the
    /// carriage return.
    public static let frameLengthMax = Field.text + Field.lengthMax + 1

    /// Whoever runs the receiver gives out the accounts, for each of its numbers and lines. Words
    /// tell further: a user is nobody's zone, and a room stands in the text of a SIA block.
    public static let identity = Identity(.port, wordsTell: true)

    /// Every new event has a new sequence number. A sender waits some 20 s between two attempts,
    /// and the window runs from the last of them. It is short because a sender without a clock
    /// that starts again counts from 1 again.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(60))

    enum Mark {
        static let lineFeed: UInt8 = 0x0A
        static let carriageReturn: UInt8 = 0x0D
        static let quote = UInt8(ascii: "\"")
        static let sealed = UInt8(ascii: "*")
        static let open = UInt8(ascii: "[")
        static let close = UInt8(ascii: "]")
        static let bar = UInt8(ascii: "|")
        static let account = UInt8(ascii: "#")
        static let time = UInt8(ascii: "_")
    }

    /// Offsets from the line feed, and lengths.
    enum Field {
        /// Four hexadecimal digits each: the checksum of the text, and its length.
        static let checksum = 1
        /// From the first quote to before the carriage return.
        static let text = 9
        static let lengthMax = 0xFFF
        static let sequenceLength = 4
        static let accountLengths = 3...16
        /// Digits of receiver and line; some senders write the letter alone.
        static let numberLengths = 0...6
        static let tokenLengths = 1...ShortText.capacity
    }

    /// No frame has a line break inside, so one before its place ends a frame that was cut off, and
    /// what a damaged length claims is not waited for once the end has come.
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard isStart(unread) else { return .skip(count: 1, reason: .noise) }
        guard unread.count > Field.text else { return .needMore(searched: 0) }
        let claim = unread.word(at: Field.checksum).hexValueASCII
        let length = Int(claim & 0xFFFF)
        guard length <= Field.lengthMax else { return .skip(count: 1, reason: .badLength) }

        let end = Field.text + length
        let window = unread.extracting(0..<min(unread.count, end + 1))
        guard let found = lineBreak(in: window, from: max(Field.text, searched)) else {
            return window.count > end
                ? .skip(count: window.count, reason: .badLength)
                : .needMore(searched: window.count)
        }
        guard window[found] == Mark.carriageReturn else {
            return .skip(count: found, reason: .badLength)
        }
        guard found == end else { return .skip(count: found + 1, reason: .badLength) }
        let checksum = Checksums.crc16arc(window.extracting(Field.text..<end))
        return checksum == claim >> 16
            ? .frame(length: end + 1) : .skip(count: end + 1, reason: .badChecksum)
    }

    /// True when the bytes may begin a frame, as far as they have come.
    @inline(__always)
    private static func isStart(_ bytes: Span<UInt8>) -> Bool {
        guard bytes[0] == Mark.lineFeed else { return false }
        guard bytes.count > Field.text else { return isStartSoFar(bytes) }
        return bytes.word(at: Field.checksum).isHexASCII(count: 8)
            && bytes[Field.text] == Mark.quote
    }

    private static func isStartSoFar(_ bytes: Span<UInt8>) -> Bool {
        for index in 1..<bytes.count where hexValue(bytes[index]) == nil { return false }
        return true
    }

    @inline(__always)
    private static func lineBreak(in bytes: Span<UInt8>, from start: Int) -> Int? {
        let carriageReturn = bytes.firstIndex(of: Mark.carriageReturn, near: start)
        return bytes.extracting(0..<(carriageReturn ?? bytes.count))
            .firstIndex(of: Mark.lineFeed, near: start) ?? carriageReturn
    }

    /// A receiver's answer has no place here: it is an echo of ours, and two that answer each other
    /// would not end. Any other header that cannot be read is refused, so that the sender notices.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        guard let header = (try? Front(of: frame))?.header(in: frame) else {
            let isEcho = error == .unknownFormat
            return .report(
                faultDraft(error), text: nil, reply: isEcho ? nil : session.refusal())
        }
        var draft = draft(.deviceFault, header)
        draft.code = ShortText(error.rawValue)
        return .report(draft, text: nil, reply: session.refusal())
    }
}

extension UInt64 {
    /// The number that eight hexadecimal digits say, the first of them lowest.
    @inline(__always)
    fileprivate var hexValueASCII: UInt32 {
        let letters = self >> 6 & 0x0101_0101_0101_0101
        let nibbles = ((self & 0x0F0F_0F0F_0F0F_0F0F) &+ letters &* 9).byteSwapped
        let bytes = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
        let halves = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: halves | halves >> 16)
    }
}
