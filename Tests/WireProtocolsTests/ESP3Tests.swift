import AlarmModel
import Testing

@testable import WireProtocols

@Suite("ESP3")
struct ESP3Tests {
    @Test("A press that comes again through repeaters within 100 ms is one press and two copies")
    func copies() throws {
        var desk = try Desk()
        #expect(desk.press(status: 0x30, milliseconds: 0) == [.sos])
        #expect(desk.press(status: 0x31, milliseconds: 20) == [.checkIn])
        #expect(desk.press(status: 0x32, milliseconds: 100) == [.checkIn])
    }

    @Test("The window begins at the first copy, so that no chain of copies hides a press")
    func window() throws {
        var desk = try Desk()
        #expect(desk.press(milliseconds: 0) == [.sos])
        #expect(desk.press(milliseconds: 60) == [.checkIn])
        #expect(desk.press(milliseconds: 101) == [.sos])
    }

    @Test("A press behind a release is a new press, however soon")
    func releaseBetween() throws {
        var desk = try Desk()
        #expect(desk.press(milliseconds: 0) == [.sos])
        #expect(desk.press(data: 0x00, status: 0x20, milliseconds: 10) == [.checkIn])
        #expect(desk.press(milliseconds: 20) == [.sos])
    }

    @Test("Another button, another pendant and another status are no copies")
    func others() throws {
        var desk = try Desk()
        #expect(desk.press(milliseconds: 0) == [.sos])
        #expect(desk.press(sender: 2, milliseconds: 1) == [.sos])
        #expect(desk.press(data: 0x30, milliseconds: 2) == [.sos])
        #expect(desk.press(data: 0x30, status: 0x20, milliseconds: 3) == [.unknown])
    }

    @Test("Copies of 16 pendants pressed at once are told apart; one more counts again")
    func manyAtOnce() throws {
        var desk = try Desk()
        for sender in UInt32(1)...17 {
            #expect(desk.press(sender: sender, milliseconds: 0) == [.sos])
        }
        #expect(desk.press(sender: 17, milliseconds: 1) == [.checkIn])
        #expect(desk.press(sender: 2, milliseconds: 1) == [.checkIn])
        #expect(desk.press(sender: 1, milliseconds: 1) == [.sos])
    }

    @Test("Without a clock no telegram is a copy")
    func noClock() throws {
        var desk = try Desk()
        #expect(desk.press(milliseconds: nil) == [.sos])
        #expect(desk.press(milliseconds: nil) == [.sos])
    }

    @Test("Who is not learned is told once while the station is taught, with the line to write")
    func teaching() throws {
        var desk = try Desk(["device.00000002": "sos", "teachUntil": "1970-01-01T00:00:10Z"])
        #expect(desk.press(milliseconds: 0) == [.serviceRequest])
        #expect(
            desk.texts.last == "not learned; to learn it write under options: "
                + "device: {00000001: sos}")
        #expect(desk.press(milliseconds: 5_000) == [.unknown])
        #expect(desk.press(sender: 2, milliseconds: 5_000) == [.sos])
        #expect(desk.press(sender: 3, milliseconds: 9_999) == [.serviceRequest])
        #expect(desk.press(sender: 4, milliseconds: 10_000) == [.unknown])
    }

    @Test("A release and a copy teach nothing, a contact does")
    func teachingOthers() throws {
        var desk = try Desk(["teachUntil": "1970-01-01T00:00:10Z"])
        #expect(desk.press(data: 0x00, status: 0x20, milliseconds: 0) == [.checkIn])
        #expect(desk.press(sender: 2, milliseconds: 0) == [.serviceRequest])
        #expect(desk.press(sender: 2, milliseconds: 50) == [.checkIn])
        #expect(desk.contact(0x00, sender: 3, milliseconds: 0) == [.serviceRequest])
    }

    @Test("While 64 are taught, one more is a call as ever")
    func teachingBound() throws {
        var desk = try Desk(["teachUntil": "1970-01-01T00:00:10Z"])
        for sender in UInt32(1)...64 {
            #expect(desk.press(sender: sender, milliseconds: 0) == [.serviceRequest])
        }
        #expect(desk.press(sender: 65, milliseconds: 0) == [.sos])
    }

    @Test("Each button is known by its code and by its name")
    func buttons() {
        for code in UInt8(0)..<8 {
            let button = ESP3.Button(code: code)
            #expect(ESP3.Button(name: button.name) == button)
            let action = ESP3.RockerAction(data: code << 5 | 0x10, status: 0x30)
            #expect(action == .pressed(button, nil))
        }
        #expect(ESP3.Button(name: "EI") == nil)
    }

    @Test("No byte of data with the press bit passes for a release, whatever the status")
    func everyPress() {
        for data in UInt8.min...UInt8.max {
            for status: UInt8 in [0x00, 0x10, 0x20, 0x30, 0x3F] {
                let action = ESP3.RockerAction(data: data, status: status)
                #expect((data & 0x10 != 0) ? action != .released : true, "\(data) \(status)")
            }
        }
    }

    @Test("The longest packet is taken, one byte more is not")
    func longest() {
        for (count, isTaken) in [(512, true), (513, false)] {
            var bytes: [UInt8] = []
            let data = [UInt8](repeating: 0xAA, count: count)
            ESP3.emit(ESP3.Packet(type: ESP3.PacketType.message, data: data), into: &bytes)
            #expect(
                ESP3.scan(bytes.span, searched: 0)
                    == (isTaken ? .frame(length: count + 7) : .skip(count: 1, reason: .tooLong)))
            #expect(bytes.count <= ESP3.frameLengthMax || !isTaken)
        }
    }

    @Test("The check byte is the same as bit by bit, for every length up to 40")
    func checkByte() {
        var random = SplitMix64(seed: 3)
        for count in 0...40 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            var crc: UInt8 = 0
            for byte in bytes {
                crc ^= byte
                for _ in 0..<8 { crc = crc & 0x80 != 0 ? crc << 1 ^ 0x07 : crc << 1 }
            }
            #expect(Checksums.crc8(bytes.span) == crc, "\(bytes)")
        }
    }

    @Test("The request for the version is that of the specification")
    func opening() throws {
        var session = try ESP3Session(options: ProtocolOptions())
        #expect(
            session.opened(at: moment(0))?.bytes == [0x55, 0, 1, 0, 5, 0x70, 3, 0x09])
    }

    @Test("An option that cannot be is refused in words that help")
    func options() {
        for key in ["devices", "device", "device.1ab34cd", "device.+1ab34cd", "device.01ab34cd.XY"]
        {
            #expect(throws: OptionProblem.self, "\(key)") { try Desk([key: "sos"]) }
        }
        #expect(
            throws: OptionProblem(
                key: "device.01ab34cd",
                message: "'soss' is no kind of event; write one such as sos, medical, helpNeeded, "
                    + "cancel or checkIn")
        ) { try Desk(["device.01ab34cd": "soss"]) }
        #expect(throws: OptionProblem.self) { try Desk(["unlearned": "position"]) }
        #expect(
            throws: OptionProblem(
                key: "teachUntil",
                message: "'tomorrow' is no time; write one such as 2026-11-21T17:30:00+08:00")
        ) { try Desk(["teachUntil": "tomorrow"]) }
    }

    @Test("No bytes at all make parsing trap", arguments: UInt64(1)...20)
    func parseAnything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...40, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count > 7, Bool.random(using: &random) {
                bytes.replaceSubrange(0..<5, with: [0x55, 0, UInt8(count - 7), 0, 1])
                bytes[6] = Bool.random(using: &random) ? 0xF6 : 0xD5
            }
            _ = try? ESP3.parse(bytes.span)
        }
    }
}

private func moment(_ milliseconds: Int64) -> Moment {
    Moment(
        wall: WallTime(microseconds: milliseconds * 1_000),
        monotonic: MonotonicTime(microseconds: 7_000_000 + milliseconds * 1_000))
}

/// One session and what came of the telegrams that it was given.
private struct Desk {
    var session: ESP3Session
    var texts: [String?] = []

    init(_ options: [String: String] = [:]) throws {
        session = try ESP3Session(options: ProtocolOptions(options))
    }

    mutating func press(
        sender: UInt32 = 1, data: UInt8 = 0x10, status: UInt8 = 0x30, milliseconds: Int64?
    ) -> [EventKind] {
        take(ESP3.Telegram(.rocker, data: data, sender: sender, status: status), milliseconds)
    }

    mutating func contact(_ data: UInt8, sender: UInt32, milliseconds: Int64?) -> [EventKind] {
        take(ESP3.Telegram(.contact, data: data, sender: sender, status: 0), milliseconds)
    }

    private mutating func take(
        _ telegram: ESP3.Telegram, _ milliseconds: Int64?
    ) -> [EventKind] {
        if let milliseconds { session.heard(at: moment(milliseconds)) }
        let transcript = Transcript()
        ESP3.events(of: .telegram(telegram), in: &session, EventBody(transcript))
        texts += transcript.drafts.map(\.text)
        return transcript.drafts.map(\.draft.kind)
    }
}
