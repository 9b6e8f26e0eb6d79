import AlarmModel
import WireProtocols

/// Bytes as devices send them, all of them good frames of one protocol.
struct Corpus {
    var bytes: [UInt8] = []
    var frames = 0

    /// Frames one after the other, at least 1 MiB of them.
    init(_ frame: (UInt32) -> [UInt8]?) {
        var serial: UInt32 = 0
        while bytes.count < 1 << 20 {
            serial += 1
            guard let frame = frame(serial) else { continue }
            bytes += frame
            frames += 1
        }
    }

    /// A time that runs on by a second and a bit from frame to frame.
    static func time(_ serial: UInt32) -> WallTime {
        WallTime(microseconds: 1_795_253_160_000_000 + Int64(serial) * 1_234_567)
    }

    /// Contact ID lines of every kind that has a code, from 1,000 accounts.
    static let surgard = Corpus { serial in
        let kinds = EventKind.allCases.filter { $0 != .checkIn }
        return ProtocolRegistry.find("surgard")?.sample(
            of: [kinds[Int(serial) % kinds.count]], device: serial &* 7_919 % 1_000,
            serial: serial, at: time(serial))
    }

    /// EVENT messages of one or two kinds, every third with a position.
    static let tocsinLink = Corpus { serial in
        let kinds = EventKind.allCases
        var chosen = [kinds[Int(serial) % kinds.count]]
        if serial % 2 == 0 { chosen.append(kinds[Int(serial &* 7) % kinds.count]) }
        if serial % 3 == 0 { chosen.append(.position) }
        return ProtocolRegistry.find("tocsin-link")?.sample(
            of: chosen, device: serial &* 7_919 % 1_000, serial: serial, at: time(serial))
    }

    /// JT/T 808 location reports in which nothing has to be escaped.
    static let locations = Corpus { serial in
        let frame = location(device: serial &* 7_919 % 1_000, serial: serial)
        return escapes(in: frame) == 0 ? frame : nil
    }

    /// The same with about 2 % of their bytes escaped.
    static let escapedLocations = Corpus { serial in
        // Serial numbers full of bytes that are delimiters when they are not escaped.
        let escaped = (serial & 1 == 0 ? 0x7D00 : 0x7E00) | serial & 0xFF
        return location(device: serial &* 7_919 % 1_000, serial: escaped)
    }

    /// Share of the bytes that had to be escaped.
    var escapedShare: Double { Double(Self.escapes(in: bytes)) / Double(bytes.count) }

    private static func escapes(in bytes: [UInt8]) -> Int { bytes.count { $0 == 0x7D } }

    /// A report of a place, the signal and the battery; every tenth is an SOS.
    static func location(device: UInt32, serial: UInt32) -> [UInt8] {
        var report = JTT808.LocationReport(
            alarm: serial % 10 == 0 ? 1 : 0, status: 1 << 1,
            latitude: 30_274_000 + serial &* 31 % 90_000, longitude: 120_155_000 + serial % 70_000,
            altitude: Int16(serial % 80), speed: UInt16(serial % 50), course: UInt16(serial % 360),
            localTime: time(serial))
        report.signal = UInt8(serial % 32)
        report.batteryPercent = UInt8(serial % 101)
        let digits = UInt64(String(device), radix: 16) ?? 0
        let header = JTT808.Header(
            id: 0x0200, number: JTT808.TerminalNumber(low: 0x0139_0000_0000 | digits),
            serial: UInt16(truncatingIfNeeded: serial))
        var frame: [UInt8] = []
        JTT808.emit(JTT808.Message(header, .location(report)), into: &frame)
        return frame
    }
}

/// Takes what a decoder tells and folds every field into a sum, as the plain C does, so that
/// nothing of it is left out.
final class FoldingHandler: FrameHandler {
    private(set) var sum: UInt64 = 0
    private(set) var frames = 0
    private(set) var events = 0
    private(set) var damaged = 0

    func event(_ draft: EventDraft, text: String?) {
        events += 1
        sum &+= UInt64(draft.kind.isTelemetry ? 1 : 2) &+ UInt64(draft.batteryPercent ?? 255)
        sum &+= UInt64(draft.signalPercent ?? 255) &+ UInt64(draft.zone ?? 0)
        sum &+= UInt64(draft.deviceSerial ?? 0) &+ UInt64(draft.heldConditions ?? 0)
        sum &+= UInt64(draft.address?.count ?? 0) &+ UInt64(draft.code?.count ?? 0)
        sum &+= UInt64(bitPattern: draft.reportedAt?.microseconds ?? 0)
        if let position = draft.position {
            sum &+= UInt64(UInt32(bitPattern: position.latitudeE7 ^ position.longitudeE7))
            sum &+= UInt64(UInt32(bitPattern: position.altitudeCentimeters ?? 0))
            sum &+= UInt64(UInt32(bitPattern: position.speedMillimetersPerSecond ?? 0))
            sum &+= UInt64(UInt32(bitPattern: position.courseCentidegrees ?? 0))
            sum &+= UInt64(bitPattern: position.fixedAt?.microseconds ?? 0)
        }
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        frames += 1
        if error != nil { damaged += 1 }
        sum &+= UInt64(reply.count)
    }

    func skipped(_ count: Int, _ reason: SkipReason) { damaged += 1 }
    func answerDamage(_ reply: Reply) { damaged += 1 }
}
