import AlarmModel
import Testing

@testable import WireProtocols

@Suite("Contact ID and SIA codes")
struct ContactIDTests {
    /// Codes of DC-05 that a social alarm can send, with the kind that an operator expects.
    static let expected: [(UInt16, EventKind)] = [
        (100, .medical), (101, .sos), (102, .inactivity), (103, .fall), (110, .fire),
        (111, .smoke), (120, .sos), (121, .duress), (122, .sos), (123, .sos), (124, .duress),
        (125, .duress), (130, .intrusion), (136, .intrusion), (137, .tamper), (140, .sos),
        (144, .tamper), (145, .tamper), (147, .supervisionLost), (150, .sos), (151, .gas),
        (154, .flood), (162, .carbonMonoxide), (300, .deviceFault), (301, .powerLost),
        (302, .batteryLow), (338, .batteryLow), (341, .tamper), (344, .communicationFault),
        (350, .communicationFault), (357, .communicationFault), (381, .supervisionLost),
        (382, .supervisionLost), (383, .tamper), (384, .batteryLow), (406, .cancel),
        (570, .deviceFault), (601, .test), (602, .test), (603, .test), (606, .helpNeeded),
        (607, .test), (608, .test), (616, .serviceRequest), (641, .inactivity),
        (645, .helpArrived), (646, .helpNeeded), (654, .inactivity),
    ]

    @Test("Codes of social alarms have the kind that an operator expects", arguments: expected)
    func kinds(_ code: UInt16, _ kind: EventKind) {
        #expect(ContactIDCodes.meaning(of: code).kind == kind)
    }

    @Test("No code is in two rows of a table")
    func noCodeTwice() {
        let codes = ContactIDCodes.rows.flatMap(\.codes)
        #expect(Set(codes).count == codes.count)
        #expect(codes.allSatisfy { $0 <= 999 })
    }

    @Test("Every code of DC-05 that is listed has a row, and none falls through")
    func complete() {
        let listed = Set(ContactIDCodes.rows.flatMap(\.codes))
        let ranges: [ClosedRange<UInt16>] = [
            100...103, 110...118, 120...126, 129...147, 150...159, 200...206, 300...317, 320...327,
            330...339, 341...345, 350...358, 370...378, 380...389, 391...394, 400...409, 411...416,
            421...436, 441...444, 450...459, 461...466, 570...579, 601...609, 611...616, 621...632,
            641...643, 645...647, 654...655,
        ]
        for code in ranges.joined() {
            #expect(listed.contains(code), "\(code)")
        }
    }

    @Test(
        "A code that no table has is unknown, never dropped",
        arguments: [0, 99, 500, 999, 1_000, 65_535])
    func unlisted(_ code: UInt16) {
        #expect(ContactIDCodes.meaning(of: code) == .unlisted)
    }

    @Test(
        "Only a restore of a condition is restored",
        arguments: [
            (ContactIDEvent.Qualifier.begun, UInt16(101), false), (.ended, 101, true),
            (.present, 101, false), (.ended, 401, false), (.begun, 401, false), (.ended, 777, true),
        ])
    func restored(_ qualifier: ContactIDEvent.Qualifier, _ code: UInt16, _ isRestored: Bool) throws
    {
        let event = try #require(ContactIDEvent(qualifier: qualifier, code: code))
        #expect(event.draft(address: nil).isRestored == isRestored)
    }

    @Test("The event code is shown with the digit of its qualifier, in four digits")
    func codeText() throws {
        let event = try #require(ContactIDEvent(qualifier: .present, code: 7))
        #expect(event.draft(address: nil).code == "6007")
    }

    @Test("Numbers that the wire has no room for make no event")
    func outOfRange() {
        #expect(ContactIDEvent(qualifier: .begun, code: 1_000) == nil)
        #expect(ContactIDEvent(qualifier: .begun, code: 101, partition: 100) == nil)
        #expect(ContactIDEvent(qualifier: .begun, code: 101, zone: 1_000) == nil)
    }

    @Test("Each number is read back from its digits")
    func numbers() throws {
        for number in UInt16(0)...999 {
            let partition = UInt8(number % 100)
            let event = try #require(
                ContactIDEvent(
                    qualifier: .begun, code: number, partition: partition, zone: 999 - number))
            #expect(event.code == number)
            #expect(event.partition == partition)
            #expect(event.zone == 999 - number)
        }
    }

    @Test("Eight digits are judged as one by one, for every byte in every place")
    func decimalWords() {
        for place in 0..<8 {
            for byte in UInt8.min...UInt8.max {
                var bytes = Array("90817263".utf8)
                bytes[place] = byte
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                #expect(word(bytes).isDecimalASCII == isDigit, "\(byte) at \(place)")
            }
        }
    }

    @Test("Hexadecimal digits are judged and raised as one by one, for every byte and length")
    func hexWords() {
        for count in 1...8 {
            for place in 0..<8 {
                for byte in UInt8.min...UInt8.max {
                    var bytes = Array("9aF0bE1c".utf8)
                    bytes[place] = byte
                    let isHex =
                        Unicode.Scalar(byte).isASCII && Character(Unicode.Scalar(byte)).isHexDigit
                    let isRight = place >= count || isHex
                    #expect(word(bytes).isHexASCII(count: count) == isRight, "\(byte) at \(place)")
                    guard isHex else { continue }
                    let capitals = String(decoding: bytes, as: UTF8.self).uppercased()
                    #expect(word(bytes).capitalHexASCII == word(Array(capitals.utf8)))
                }
            }
        }
    }

    @Test("A text made of two words is the text made of their bytes")
    func textOfWords() {
        let bytes = Array("0123456789ABCDEF".utf8)
        for count in 0...16 {
            let text = ShortText(
                littleEndian: word(Array(bytes[..<8])), word(Array(bytes[8...])), count: count)
            #expect(text == ShortText(String(decoding: bytes.prefix(count), as: UTF8.self)))
        }
    }

    @Test(
        "SIA codes of social alarms have the kind and the end that an operator expects",
        arguments: [
            ("QA", EventKind.sos, false), ("QR", .sos, true), ("QH", .sos, true),
            ("PA", .sos, false),
            ("PR", .sos, true), ("MA", .medical, false), ("MR", .medical, true),
            ("MH", .medical, true), ("HA", .duress, false), ("NA", .inactivity, false),
            ("RP", .test, false), ("RX", .test, false), ("TX", .test, false),
            ("XT", .batteryLow, false), ("XR", .batteryLow, true), ("YT", .batteryLow, false),
            ("YR", .batteryLow, true), ("BZ", .supervisionLost, false), ("TA", .tamper, false),
            ("TR", .tamper, true), ("XQ", .communicationFault, false),
            ("XH", .communicationFault, true), ("AT", .powerLost, false), ("AR", .powerLost, true),
            ("YC", .communicationFault, false), ("YK", .communicationFault, true),
            ("YS", .communicationFault, false), ("OC", .cancel, false), ("UA", .sos, false),
            ("OP", .unknown, false), ("CL", .unknown, false), ("ZZ", .unknown, false),
        ])
    func siaKinds(_ code: String, _ kind: EventKind, _ isRestored: Bool) {
        let letters = Array(code.utf8)
        let meaning = SIACodes.meaning(of: letters[0], letters[1])
        #expect(meaning.kind == kind)
        #expect(meaning.isRestored == isRestored)
    }

    @Test("Bytes that are no letters have no SIA code")
    func siaOtherBytes() {
        for byte in UInt8.min...UInt8.max
        where !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
            #expect(SIACodes.meaning(of: byte, UInt8(ascii: "A")) == .unlisted)
            #expect(SIACodes.meaning(of: UInt8(ascii: "Q"), byte) == .unlisted)
        }
    }

    @Test("The reader of SIA blocks ends, and finds the code behind any bytes", arguments: 1...50)
    func siaRandom(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var block = Array("N".utf8)
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            block.append(Array("N/|^QAri1 *x~".utf8).randomElement(using: &random) ?? 0)
        }
        // A slash and a bar end whatever was open but a text, and the caret ends that.
        block += block.count { $0 == UInt8(ascii: "^") } % 2 == 1 ? Array("^".utf8) : []
        block += Array("|NZA999".utf8)
        var zones: [UInt32?] = []
        SIABlockReader.forEachEvent(in: block.span) { draft, _ in zones.append(draft.zone) }
        #expect(zones.contains(999), "seed \(seed): \(String(decoding: block, as: UTF8.self))")
    }

    private func word(_ bytes: [UInt8]) -> UInt64 {
        bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 8) }
    }
}
