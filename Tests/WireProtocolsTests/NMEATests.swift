import AlarmModel
import Testing

@testable import WireProtocols

@Suite("nmea")
struct NMEATests {
    private static let rmc = sentence(
        "GPRMC,092558.00,A,3954.9916,N,11623.8277,E,2.333,270.00,211126,,,A")

    /// The bytes of a sentence with this text.
    private static func sentence(_ text: String) -> [UInt8] { sentence(Array(text.utf8)) }

    private static func sentence(_ text: [UInt8]) -> [UInt8] {
        let sum = hexText([text.reduce(0, ^)]).uppercased()
        return [UInt8(ascii: "$")] + text + Array("*\(sum)\r\n".utf8)
    }

    private func scan(_ bytes: [UInt8], searched: Int = 0) -> FrameScan {
        NMEA.scan(bytes.span, searched: searched)
    }

    private func parse(_ text: String) throws -> NMEA.Message {
        try NMEA.parse(Self.sentence(text).span)
    }

    @Test("No more than the longest sentence is waited for")
    func waitsForOneSentence() {
        let bytes =
            Array("$GPTXT,".utf8)
            + [UInt8](repeating: UInt8(ascii: "x"), count: NMEA.frameLengthMax)
        var isWaiting = true
        for count in 1...NMEA.frameLengthMax {
            if case .needMore = scan(Array(bytes.prefix(count))) { continue }
            isWaiting = false
        }
        #expect(!isWaiting)
    }

    @Test("A sentence of every length up to the longest is a frame, its last byte read")
    func lengths() throws {
        let room = NMEA.frameLengthMax - 5 - 1
        for count in 5...room {
            let text = "GPTXT" + String(repeating: ",", count: count - 5)
            let bytes = Self.sentence(text)
            #expect(scan(bytes) == .likelyFrame(length: bytes.count))
            #expect(try NMEA.parse(bytes.span).address == "GPTXT")
            var bad = bytes
            bad[count] ^= 0x40
            #expect(throws: DecodeError.badField, "\(count)") { try NMEA.parse(bad.span) }
        }
        let tooLong = Self.sentence("GPTXT" + String(repeating: ",", count: room - 4))
        guard case .skip(_, .tooLong) = scan(tooLong) else {
            Issue.record("a sentence of \(tooLong.count) bytes is taken")
            return
        }
    }

    @Test("A sentence is taken apart wherever its end lies")
    func ends() throws {
        for count in 0...100 {
            let variation = String(repeating: "0", count: count)
            let text =
                "GPRMC,092558,A,3954.9916,N,11623.8277,E,2.333,270.00,211126,\(variation),E,N"
            let message = try parse(text)
            guard text.utf8.count < SentenceFields.textMax else {
                #expect(message.type == .other)
                continue
            }
            #expect(message.date == 20_261_121)
            #expect(message.course == 27_000)
            #expect(!message.isFix, "the mode behind \(count) digits")
        }
    }

    @Test("Parsing any bytes gives a message or an error, never a crash")
    func parseAnything() throws {
        let alphabet = Array("0189.,-+NSEWAVM*$x ".utf8) + [0x00, 0x0D, 0x0A, 0xFF]
        for seed in UInt64(1)...30_000 {
            var random = SplitMix64(seed: seed)
            let type = ["RMC", "GGA", "GSA", "ZDA", "VTG", ""].randomElement(using: &random) ?? ""
            var text = Array("GP\(type),".utf8)
            for _ in 0..<Int.random(in: 0...140, using: &random) {
                text.append(alphabet.randomElement(using: &random) ?? 0)
            }
            let sum = hexText([text.reduce(0, ^)])
            let bytes = [UInt8(ascii: "$")] + text + Array("*\(sum)\r\n".utf8)
            guard let message = try? NMEA.parse(bytes.span) else { continue }
            var again: [UInt8] = []
            NMEA.emit(message, into: &again)
            #expect((try? NMEA.parse(again.span)) == message, "seed \(seed)")
        }
        for count in 0...12 {
            let short = Array("$GPRMC,*00\r\n".utf8.prefix(count))
            #expect(throws: DecodeError.self) { try NMEA.parse(short.span) }
        }
    }

    @Test("A field with anything else for one of its digits is not said, and the others are")
    func noDigits() throws {
        let text = Array("GPRMC,092558.00,A,3954.9916,N,11623.8277,E,2.333,270.00,211126,,,A".utf8)
        let others = (UInt8(0x20)...0xFF).filter { byte in
            !byte.isDecimalDigit && !"$!*,".utf8.contains(byte)
        }
        for index in text.indices where text[index].isDecimalDigit {
            for byte in others {
                var odd = text
                odd[index] = byte
                let message = try NMEA.parse(Self.sentence(odd).span)
                let unsaid = [
                    message.time == nil, message.place == nil, message.speed == nil,
                    message.course == nil, message.date == nil,
                ]
                #expect(unsaid.count { $0 } == 1, "\(byte) at \(index): \(message)")
            }
        }
    }

    @Test("Every decimal is read as it is written", arguments: 0...3)
    func decimals(_ places: Int) throws {
        for seed in UInt64(1)...5_000 {
            var random = SplitMix64(seed: seed)
            let whole = Int.random(in: 0...9_999, using: &random)
            let digits = Int.random(in: 0...3, using: &random)
            let fraction = (0..<digits).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }.joined()
            let sign = Bool.random(using: &random) ? "-" : ""
            let text = sign + String(whole) + (digits > 0 || seed % 3 == 0 ? "." : "") + fraction
            guard text.utf8.count <= 8 else { continue }
            let kept = String((fraction + "000").prefix(places))
            let expected = Int32(sign + String(whole) + kept)
            let frame = Array("$GPXXX,\(text),".utf8)
            let field = SentenceField(start: 7, end: 7 + text.utf8.count)
            #expect(frame.span.decimal(field, places: places) == expected, "\(text)")
        }
    }

    @Test("A place goes out and comes back to the last digit")
    func places() throws {
        for seed in UInt64(1)...5_000 {
            var random = SplitMix64(seed: seed)
            var message = NMEA.Message("GPGGA")
            message.setPlace(
                latitudeE7: Int32.random(in: -900_000_000...900_000_000, using: &random),
                longitudeE7: Int32.random(in: -1_800_000_000...1_800_000_000, using: &random))
            message.time = Int32.random(in: 0...86_399_999, using: &random)
            var bytes: [UInt8] = []
            NMEA.emit(message, into: &bytes)
            #expect(try NMEA.parse(bytes.span) == message, "seed \(seed)")
        }
    }

    @Test("One pass over a line finds what a loop finds, at every length and place")
    func survey() {
        for seed in UInt64(1)...2_000 {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 0...200, using: &random)
            let bytes = (0..<count).map { _ in
                Bool.random(using: &random)
                    ? UInt8(ascii: ",") : UInt8.random(in: 0x24...0xFF, using: &random)
            }
            let start = Int.random(in: 0...count, using: &random)
            let end = Int.random(in: start...count, using: &random)
            let found = bytes.span.survey(start..<end, delimiter: UInt8(ascii: ","), bound: 0x25)
            var marks: (UInt64, UInt64) = (0, 0)
            for index in start..<end where bytes[index] == UInt8(ascii: ",") {
                let place = UInt64(index - start)
                if place < 64 {
                    marks.0 |= 1 << place
                } else if place < 128 {
                    marks.1 |= 1 << (place - 64)
                }
            }
            #expect(found.sum == bytes[start..<end].reduce(0, ^), "seed \(seed)")
            #expect(found.hasLess == bytes[start..<end].contains(0x24), "seed \(seed)")
            #expect(found.delimiters == marks, "seed \(seed)")
        }
    }

    @Test("An option that cannot be is refused in words", arguments: ["0", "101", "five"])
    func options(_ text: String) {
        #expect(throws: OptionProblem.self) {
            try NMEASession(options: ProtocolOptions(["metersPerHDOP": text]))
        }
        #expect(throws: OptionProblem.self) {
            try NMEASession(options: ProtocolOptions(["metresPerHDOP": "5"]))
        }
    }
}
