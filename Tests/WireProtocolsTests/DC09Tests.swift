import AlarmModel
import Captures
import Testing

@testable import WireProtocols

@Suite("dc09")
struct DC09Tests {
    private static let key = "000102030405060708090a0b0c0d0e0f"
    private static let press =
        "\n27E80078\"*ADM-CID\"0031R0L0#1234[BDA8AFF5F745943D7FE0FD96EF619C6F336D181CCCAECB24"
        + "A4EF9EEF641C444036F60DFD09710DD14EC59C1798596FEE\r"
    /// When ``press`` says that it was sent.
    private static let sent = CivilTime(
        year: 2026, month: 11, day: 21, hour: 9, minute: 25, second: 58)!.wallTime()

    /// What comes of `text`, read when the sender's clock is `ahead` seconds ahead.
    private func hear(
        _ text: String, ahead: Double, options: [String: String] = [:]
    ) throws -> [String] {
        let descriptor = ProtocolDescriptor(DC09.self)
        let decoder = try descriptor.makeDecoder(options: ProtocolOptions(options))
        let now = WallTime(microseconds: Self.sent.microseconds - Int64(ahead * 1_000_000))
        decoder.heard(at: Moment(wall: now, monotonic: MonotonicTime(microseconds: 1)))
        let transcript = Transcript()
        decoder.receive(Array(text.utf8).span, into: transcript)
        return transcript.lines
    }

    private func text(ofReplyIn lines: [String]) throws -> String {
        let line = try #require(lines.last { $0.hasPrefix("reply") })
        return String(decoding: try bytes(hex: line.dropFirst("reply".count)), as: UTF8.self)
    }

    private func scan(_ bytes: [UInt8], searched: Int = 0) -> FrameScan {
        DC09.scan(bytes.span, searched: searched)
    }

    private func frame(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        let numbers = [Checksums.crc16arc(bytes.span), UInt16(bytes.count)].map { number in
            let digits = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return [0x0A] + Array(numbers.joined().utf8) + bytes + [0x0D]
    }

    // MARK: - Time

    @Test(
        "An encrypted message inside the window of time is acknowledged",
        arguments: [-40.0, -39.5, 0, 19.5, 20])
    func inTime(_ ahead: Double) throws {
        let lines = try hear(Self.press, ahead: ahead, options: ["key": Self.key])
        #expect(lines.count == 2)
        #expect(!lines[0].contains("clock"))
        #expect(try text(ofReplyIn: lines).contains("\"*ACK\"0031R0L0#1234["))
    }

    @Test(
        "Outside the window it is refused with the station's time, and the press counts anyway",
        arguments: [
            (-41.0, "clock behind, refused", "09:26:39"),
            (21.0, "clock ahead, refused", "09:25:37"),
        ])
    func outOfTime(_ ahead: Double, _ note: String, _ time: String) throws {
        let lines = try hear(Self.press, ahead: ahead, options: ["key": Self.key])
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("event sos device=1234"))
        #expect(lines[0].contains(note))
        let reply = Array(try text(ofReplyIn: lines).utf8)
        #expect(reply == frame("\"NAK\"0000R0L0A0[]_\(time),11-21-2026"))
    }

    @Test("A refused message is no proof of life, and moves nobody")
    func recordedMessages() throws {
        let place = "[X007E20.123][Y49N06.666]_09:25:58,11-21-2026"
        for (text, event) in [
            ("\"NULL\"0000L0#1234[]_09:25:58,11-21-2026", "deviceFault"),
            ("\"XNM\"0000L0#1234[]" + place, "deviceFault"),
            ("\"ADM-CID\"0001L0#1234[|1101 00 001]" + place, "sos"),
        ] {
            let plain = String(decoding: frame(text), as: UTF8.self)
            let lines = try hear(plain, ahead: -100, options: ["checkTime": "true"])
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("event \(event) device=1234"))
            #expect(lines[0].contains("code=wrongClock") == (event == "deviceFault"))
            #expect(lines[0].contains("clock behind, refused"))
        }
    }

    @Test("A plain message is held to the window only where the port says so")
    func plainTime() throws {
        let plain = String(
            decoding: frame("\"ADM-CID\"0001L0#1234[#1234|1101 00 001]_09:25:58,11-21-2026"),
            as: UTF8.self)
        #expect(try text(ofReplyIn: hear(plain, ahead: 3_600)).contains("\"ACK\""))
        let checked = ["checkTime": "true"]
        #expect(
            try text(ofReplyIn: hear(plain, ahead: 3_600, options: checked)).contains("\"NAK\""))
        #expect(try text(ofReplyIn: hear(plain, ahead: 0, options: checked)).contains("\"ACK\""))
        let timeless = String(
            decoding: frame("\"ADM-CID\"0001L0#1234[#1234|1101 00 001]"), as: UTF8.self)
        #expect(
            try text(ofReplyIn: hear(timeless, ahead: 3_600, options: checked)).contains("\"ACK\""))
    }

    @Test("What cannot be read is refused with the station's time, whatever the reason")
    func refusedWithTime() throws {
        let nak = frame("\"NAK\"0000R0L0A0[]_09:25:58,11-21-2026")
        let noAccount = String(decoding: frame("\"NULL\"0000R0L0[]"), as: UTF8.self)
        let otherKey = ["key": String(Self.key.reversed())]
        for lines in [
            try hear(Self.press, ahead: 0), try hear(Self.press, ahead: 0, options: otherKey),
            try hear(noAccount, ahead: 0),
        ] {
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("event deviceFault"))
            #expect(Array(try text(ofReplyIn: lines).utf8) == nak)
        }
    }

    @Test("An encrypted answer is decrypted to the station's time, behind a pad of a block or more")
    func sealedAnswer() throws {
        let lines = try hear(Self.press, ahead: 7, options: ["key": Self.key])
        let reply = try text(ofReplyIn: lines).dropLast().split(separator: "[")
        let cipher = try #require(DC09Cipher(key: bytes(hex: Self.key)))
        let plain = try #require(cipher.decrypt(bytes(hex: reply[1])))
        let parts = String(decoding: plain, as: UTF8.self).split(separator: "|")
        #expect(parts.count == 2)
        #expect(parts[0].utf8.count >= 16)
        #expect(parts[1] == "]_09:25:51,11-21-2026")
    }

    // MARK: - Keys

    @Test("The key of an account goes before the key of all, however its digits are written")
    func keyOfAccount() throws {
        let options = ["key": String(Self.key.reversed()), "key.1234": Self.key.uppercased()]
        #expect(try hear(Self.press, ahead: 0, options: options)[0].hasPrefix("event sos"))
        let session = try DC09Session(options: ProtocolOptions(["key.00ab": Self.key]))
        #expect(session.cipher(for: "00AB") != nil)
        #expect(session.cipher(for: "AB") == nil)
    }

    @Test("A wrong key never makes an alarm or a proof of life", arguments: [UInt64(1), 2, 3])
    func wrongKey(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let header = try #require(DC09.Header(.contactID, sequence: 1, account: "1234"))
        for _ in 0..<5_000 {
            let key = (0..<16).map { _ in
                let byte = UInt8.random(in: 0...255, using: &random)
                return hexText([byte])
            }
            let session = try DC09Session(options: ProtocolOptions(["key": key.joined()]))
            let blocks = Int.random(in: 1...6, using: &random)
            let digits = (0..<blocks * 32).map { _ in
                DC09.capitalHexDigit(UInt8.random(in: 0...15, using: &random))
            }
            guard case .wrongKey = DC09.unseal(digits, of: header, in: session) else {
                Issue.record("seed \(seed): random bytes are read")
                return
            }
        }
    }

    @Test(
        "Options that cannot be are refused, and the message shows no key",
        arguments: [
            ["key": "00112233"], ["key": "zz0102030405060708090a0b0c0d0e0f"],
            ["key.12": key], ["key.12G4": key], ["key.1234": ""], ["checkTime": "yes"],
            ["keys": key], ["key.12345678901234567": key],
        ])
    func wrongOptions(_ options: [String: String]) {
        let problem = #expect(throws: OptionProblem.self) {
            try DC09Session(options: ProtocolOptions(options))
        }
        #expect(problem.map { options.keys.contains($0.key) } == true)
        #expect(problem?.message.contains("0102030405") == false)
    }

    // MARK: - Frames

    @Test("The longest frame is read, one more digit of length is none")
    func longestFrame() throws {
        let head = "\"SIA-DCS\"0001L0#1234[#1234|NQA3^"
        let room = 0xFFF - head.utf8.count - 2
        let text = head + String(repeating: "x", count: room) + "^]"
        let longest = frame(text)
        #expect(longest.count == DC09.frameLengthMax)
        #expect(scan(longest) == .frame(length: DC09.frameLengthMax))
        #expect(
            scan(longest.dropLast()) == .needMore(searched: DC09.frameLengthMax - 1))
        #expect(scan(frame(text + "y")) == .skip(count: 1, reason: .badLength))
    }

    @Test("No change of any byte, and no cut, makes a frame that traps", arguments: 1...4)
    func mutatedFrames(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let frames = [
            frame("\"*NULL\"0000#123[00112233445566778899AABBCCDDEEFF"),
            frame("\"ADM-CID\"0001R0L0#1234[#1234|1101 00 001][X007E20.1][H09:20]_09:25:58,1"),
            frame("\"SIA-DCS\"0001L0#1234[#1234|Nri1/QA3^a^][I"),
        ]
        for frame in frames {
            for _ in 0..<2_000 {
                var damaged = frame
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: damaged.indices, using: &random)
                    damaged[place] = UInt8.random(in: 0...255, using: &random)
                }
                let cut = Array(damaged.prefix(Int.random(in: 0...damaged.count, using: &random)))
                for bytes in [damaged, cut + [0x0D], cut] {
                    guard let message = try? DC09.parse(bytes.span) else { continue }
                    var emitted: [UInt8] = []
                    DC09.emit(message, into: &emitted)
                    #expect((try? DC09.parse(emitted.span)) == message, "seed \(seed)")
                }
            }
        }
    }

    // MARK: - Tables

    @Test("Each token by name is the token of that name, and only a receiver's are answers")
    func tokens() {
        let known: [(ShortText, DC09.Token)] = [
            ("NULL", .null), ("XNM", .extendedNull), ("ADM-CID", .contactID), ("SIA-DCS", .sia),
        ]
        for (name, token) in known {
            #expect(DC09.Token(name) == token)
            #expect(token.name == name)
            #expect(!token.isAnswer)
        }
        for name: ShortText in ["SIA-PUL", "SIA-S2K", "ADM-41E", "ACR-SF", "SK-FSK2", "null"] {
            #expect(DC09.Token(name) == .other(name))
            #expect(!DC09.Token(name).isAnswer)
        }
        for name: ShortText in ["ACK", "NAK", "DUH", "RSP"] {
            #expect(DC09.Token(name).isAnswer)
        }
    }

    @Test("Every extended field with words for people says them, every other says nothing")
    func extendedWords() {
        for letter in UInt8(ascii: "A")...UInt8(ascii: "Z") {
            let bytes = Array("[\(Character(Unicode.Scalar(letter)))abc]".utf8)
            let words = DC09.ExtendedData(bytes.span).words
            #expect((words != nil) == "ILORSTV".utf8.contains(letter), "\(letter)")
        }
        for trigger in DC09.ExtendedData.triggers {
            let bytes = Array("[T\(trigger.code)]".utf8)
            #expect(DC09.ExtendedData(bytes.span).words == "trigger \(trigger.word)")
        }
    }

    @Test(
        "Positions at the edges of the earth are read, beyond them are none",
        arguments: [
            ("180E00.000", "90N00.000", (1_800_000_000, 900_000_000)),
            ("180W00.000", "90S00.000", (-1_800_000_000, -900_000_000)),
            ("0E0", "00N00.0000001", (0, 0)),
            ("006E07.777", "49N06.666", (61_296_167, 491_111_000)),
            ("180E00.001", "90N00.000", nil), ("0E60", "0N0", nil), ("0N0", "0E0", nil),
            ("E0", "0N0", nil), ("0E", "0N0", nil), ("0E0x", "0N0", nil), ("0000E0", "0N0", nil),
        ] as [(String, String, (Int32, Int32)?)])
    func positions(_ longitude: String, _ latitude: String, _ expected: (Int32, Int32)?) {
        let bytes = Array("[X\(longitude)][Y\(latitude)][Z-12.345M]".utf8)
        let position = DC09.ExtendedData(bytes.span).position
        #expect(position?.longitudeE7 == expected?.0)
        #expect(position?.latitudeE7 == expected?.1)
        if position != nil { #expect(position?.altitudeCentimeters == -1_234) }
    }

    // MARK: - Messages

    @Test("Headers and bodies that the wire cannot carry are none")
    func impossibleMessages() throws {
        #expect(DC09.Header(.sia, sequence: 10_000, account: "1234") == nil)
        for account: ShortText in ["", "12", "12345678901234567", "12G4"] {
            #expect(DC09.Header(.sia, sequence: 1, account: account) == nil, "\(account)")
        }
        for number: ShortText in ["0", "R1234567", "RG", "L0"] {
            #expect(
                DC09.Header(.sia, sequence: 1, receiver: number, account: "1234") == nil,
                "\(number)")
        }
        for name: ShortText in ["", "ACK", "*SIA-DCS", "A\"B", "A B"] {
            #expect(DC09.Header(.other(name), sequence: 1, account: "1234") == nil, "\(name)")
        }
        for block in ["N]", "N[", "N\r", "N\n"] {
            #expect(DC09.Body(.sia(Array(block.utf8))) == nil)
        }
        #expect(DC09.Body(.none, extended: "[I\r]") == nil)
        let header = try #require(DC09.Header(.null, sequence: 0, account: "1234"))
        let body = try #require(DC09.Body(.sia(Array("NQA3".utf8))))
        #expect(DC09.Message(header, body) == nil)
    }

    @Test("The same device has the same account, another has another")
    func sampleAccounts() {
        var accounts: Set<ShortText> = []
        for device in [UInt32.min, 1, 15, 16, 65_535, 65_536, UInt32.max] {
            let message = DC09.sample(
                of: [.sos], device: device, serial: 1, at: WallTime(microseconds: 0))
            message.map { _ = accounts.insert($0.header.account) }
        }
        #expect(accounts.count == 7)
    }
}
