import AlarmModel
import Foundation
import Testing

@Suite("Text that moves nothing")
struct NeutralTextTests {
    /// Characters that move the cursor, clear the screen, begin a line, turn the direction of
    /// writing, or are seen by nobody.
    static let harmful: [Unicode.Scalar] = [
        "\u{0}", "\u{7}", "\u{8}", "\t", "\n", "\r", "\u{1B}", "\u{7F}", "\u{85}", "\u{9B}",
        "\u{9D}", "\u{AD}", "\u{61C}", "\u{200B}", "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}",
        "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}", "\u{2066}", "\u{2067}",
        "\u{2068}", "\u{2069}", "\u{FEFF}", "\u{FFF9}", "\u{E000}", "\u{E0041}", "\u{10FFFF}",
    ]

    @Test("No control character, escape sequence or mark of direction is shown", arguments: harmful)
    func neutral(_ scalar: Unicode.Scalar) {
        let number = String(scalar.value, radix: 16)
        #expect(plainText("a\(scalar)b") == "a\\u{\(number)}b")
        #expect(plainText("\(scalar)") == "\\u{\(number)}")
    }

    @Test("Every character below U+3000 that is shown is a mark of its own")
    func sweep() {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = plainText(String(scalar))
            let isControl = value < 0x20 || (0x7F..<0xA0).contains(value)
            #expect(shown.unicodeScalars.allSatisfy { !isControl || $0 != scalar }, "\(value)")
            #expect(shown == String(scalar) || shown.hasPrefix("\\u{"), "\(value)")
        }
    }

    @Test(
        "What people write is shown as they write it",
        arguments: ["", "Room 12, bed 3 ~", "浴室 3 号", "Übung – Ärger", "é", "e\u{301}", "🚨"])
    func kept(_ text: String) {
        #expect(plainText(text) == text)
        #expect(plainJSON("\"\(text)\"") == "\"\(text)\"")
    }

    @Test("JSON without them is the same JSON", arguments: harmful)
    func json(_ scalar: Unicode.Scalar) throws {
        let text = "a\(scalar)b"
        let encoder = JSONEncoder()
        let raw = String(decoding: try encoder.encode([text]), as: UTF8.self)
        let shown = plainJSON(raw)
        #expect(plainText(shown) == shown)
        #expect(try JSONDecoder().decode([String].self, from: Data(shown.utf8)) == [text])
    }

    @Test("The lines of several values stay lines")
    func lines() {
        #expect(
            plainJSON("{\"a\":1}\n{\"b\":\"\u{202E}\"}\n") == "{\"a\":1}\n{\"b\":\"\\u202e\"}\n")
    }
}
