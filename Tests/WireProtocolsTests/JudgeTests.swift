import AlarmModel
import Captures
import Testing

@testable import WireProtocols

/// Frames that we take, read by somebody else's program: what both say of them has to agree.
@Suite("Other people's decoders")
struct JudgeTests {
    @Test("The PyPI package enocean reads the same from every ESP3 frame of the vectors")
    func enocean() throws {
        let frames = try Self.frames(of: "esp3")
        let verdicts = try PythonPeer.ask("esp3_judge.py", frames.map { hexText($0) })
        try #require(verdicts.count == frames.count)
        var judged = 0
        for (frame, verdict) in zip(frames, verdicts) {
            guard let message = try? ESP3.parse(frame.span) else { continue }
            guard let ours = line(message, frame) else {
                // Without optional data the package gives up.
                #expect(verdict == "unreadable", "\(hexText(frame))")
                continue
            }
            #expect(verdict == ours, "\(hexText(frame))")
            judged += 1
        }
        #expect(judged > 50)
    }

    @Test("The PyPI package pyRFXtrx reads the same from every packet of the vectors")
    func pyRFXtrx() throws {
        let frames = try Self.frames(of: "rfxtrx")
        let verdicts = try PythonPeer.ask("rfxtrx_judge.py", frames.map { hexText($0) })
        try #require(verdicts.count == frames.count)
        for (frame, verdict) in zip(frames, verdicts) {
            #expect(verdict == line(try RFXtrx.parse(frame.span)), "\(hexText(frame))")
        }
        #expect(frames.count > 40)
    }

    @Test("Our table of statuses has those that pyRFXtrx has, and we know its packet types")
    func tables() throws {
        let verdict = try PythonPeer.ask("rfxtrx_judge.py", ["tables"]).first
        let types = Set(RFXtrx.packetLengths.map(\.type)).subtracting([0x02]).sorted()
        let statuses = RFXtrx.statuses.map(\.status).sorted()
        let subtypes = (UInt8(0)...0x0A).map { $0 }
        #expect(
            verdict == "types \(hex(types)) statuses \(hex(statuses)) "
                + "subtypes \(hex(subtypes))")
    }

    // MARK: - The judges

    /// Every frame that the protocol's vectors hold.
    private static func frames(of protocolID: ProtocolID) throws -> [[UInt8]] {
        try VectorCorpus.cases.filter { $0.descriptor.id == protocolID }
            .flatMap { try $0.run($0.chunks).frames }
    }
}

// MARK: - Our reading, in the judges' words

/// Nil where the judge cannot read the frame.
private func line(_ message: ESP3.Message, _ frame: [UInt8]) -> String? {
    switch message {
    case .packet(let packet) where packet.type == ESP3.PacketType.radio:
        guard let sender = packet.sender, packet.optional.count == 7 else { return nil }
        return "radio \(hex(packet.data[0])) sender=\(hex(sender)) "
            + "dbm=-\(packet.optional[5])"
    case .packet(let packet):
        let name =
            [ESP3.PacketType.response: "response", ESP3.PacketType.event: "event"][packet.type]
        return name.map { "\($0) \(hex(packet.data[0]))" } ?? "packet \(hex(packet.type))"
    case .telegram(let telegram):
        // Optional data of an odd length means nothing to us; the package takes its sixth byte.
        guard frame[3] > 5 else { return nil }
        let decibelMilliwatts = telegram.reception?.decibelMilliwatts ?? frame[18]
        let rorg = telegram.profile == .rocker ? ESP3.RORG.rocker : ESP3.RORG.contact
        return "radio \(hex(rorg)) sender=\(hex(telegram.sender)) "
            + "dbm=-\(decibelMilliwatts) data=\(hex(telegram.data)) "
            + "status=\(hex(telegram.status)) hops=\(telegram.status & ESP3.Status.hops) "
            + (telegram.profile == .rocker ? rocker(telegram) : contact(telegram.data))
    }
}

private func rocker(_ telegram: ESP3.Telegram) -> String {
    let isPressed = telegram.data & 0x10 != 0
    guard telegram.data >> 5 < 4 else { return "undescribed" }
    var (first, second) = ("-", "-")
    if case .pressed(let one, let other) = ESP3.RockerAction(
        data: telegram.data, status: telegram.status)
    {
        (first, second) = (one.name, other?.name ?? "-")
    }
    return "pressed=\(isPressed ? 1 : 0) first=\(first) second=\(second)"
}

private func contact(_ data: UInt8) -> String {
    let isData = data & ESP3.ContactBit.isData != 0
    return "closed=\(data & ESP3.ContactBit.closed) learn=\(isData ? 0 : 1)"
}

private func line(_ message: RFXtrx.Message) -> String {
    switch message {
    case .packet(let packet) where packet.type == RFXtrx.PacketType.interface:
        "status firmware=\(packet.byte(at: RFXtrx.Field.firmware))"
    case .packet(let packet): "packet \(hex(packet.type))"
    case .security(let packet):
        "security subtype=\(hex(packet.subtype)) sequence=\(packet.sequence) "
            + "id=\(ShortText(hex: packet.id, digits: 6)) "
            + "status=\(hex(packet.status & ~RFXtrx.Status.tamper)) "
            + "tamper=\(packet.status & RFXtrx.Status.tamper == 0 ? 0 : 1) "
            + "signal=\(packet.signal) "
            + "battery=\(battery(packet))"
    }
}

private func battery(_ packet: RFXtrx.Security) -> String {
    RFXtrx.isSmokeDetector(subtype: packet.subtype) ? "-" : String(packet.battery)
}

private func hex(_ byte: UInt8) -> String { hexText([byte]) }
private func hex(_ bytes: [UInt8]) -> String { hexText(bytes, spaced: true) }
private func hex(_ id: UInt32) -> String { ShortText(hex: id, digits: 8).string }
