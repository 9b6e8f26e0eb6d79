import AlarmModel
import Testing

@testable import WireProtocols

@Suite("Text of paging wires")
struct TextTests {
    private func charset(_ name: String) throws -> Charset {
        try Charset(options: ProtocolOptions(["charset": name]))
    }

    private func text(_ bytes: [UInt8], _ charset: Charset) -> String? {
        charset.words(of: WireText(bytes.span))
    }

    @Test("A text is printable ASCII when each of its bytes is")
    func words() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<16 {
                var bytes = Array("Room 12, bed 3 ~".utf8)
                bytes[place] = byte
                let isPlain = byte >= 0x20 && byte < 0x7F
                let text = WireText(bytes.span)
                #expect(text.isPlain == isPlain, "\(byte) at \(place)")
                #expect(text.bytes == bytes)
            }
        }
    }

    @Test("Every variant reads all 256 bytes, and none as a control character")
    func everyByte() throws {
        for (name, letters) in Charset.variants {
            let charset = try charset(name)
            for byte in UInt8.min...UInt8.max {
                let text = text([byte], charset) ?? ""
                let scalar = try #require(text.unicodeScalars.first)
                #expect(text.unicodeScalars.count == 1)
                if let letter = letters.first(where: { $0.0 == byte }) {
                    #expect(scalar == letter.1, "\(name) \(byte)")
                } else if (0x20..<0x7F).contains(byte) || byte >= 0xA0 {
                    #expect(scalar == Unicode.Scalar(byte), "\(name) \(byte)")
                } else {
                    #expect(scalar == " ", "\(name) \(byte)")
                }
            }
        }
    }

    @Test("UTF-8 stays, with blanks for control characters; what is none is Latin-1")
    func utf8() throws {
        let charset = try charset("utf8")
        #expect(text(Array("室 12\u{7}\u{85}é".utf8), charset) == "室 12  é")
        #expect(text([0x42, 0xE4, 0x64], charset) == "Bäd")
        #expect(text([UInt8](), charset) == nil)
    }

    @Test("Letters of a country stand where its variant of ISO 646 has them")
    func variants() throws {
        #expect(text(Array("[\\]{|}~@".utf8), try charset("de")) == "ÄÖÜäöüß§")
        #expect(text(Array("[\\]{|}$".utf8), try charset("se")) == "ÄÖÅäöå¤")
        #expect(text(Array("[\\]{|}".utf8), try charset("dk")) == "ÆØÅæøå")
        #expect(text(Array("@\\{|}#".utf8), try charset("fr")) == "àçéùè£")
    }

    @Test("The gravest of the words counts, capital or small, and no words say nothing")
    func meanings() throws {
        let kinds = try TextKinds(
            options: ProtocolOptions([
                "text.battery": "batteryLow", "text.Fall": "fall", "text.wc call": "helpNeeded",
            ]))
        #expect(kinds.kind(of: "LOW BATTERY") == .batteryLow)
        #expect(kinds.kind(of: "battery, FALLEN") == .fall)
        #expect(kinds.kind(of: "Room 3 WC Call") == .helpNeeded)
        #expect(kinds.kind(of: "ROOM 12") == nil)
        #expect(kinds.kind(of: nil) == nil)
    }
}
