/// Words in lines of some width, each line but the first set back.
struct Flow {
    /// A word, and the numbers of its colour on a terminal.
    struct Word {
        var text: String
        var colour: String?

        init(_ text: String, colour: String? = nil) {
            self.text = text
            self.colour = colour
        }
    }

    private static let indent = "    "

    private let width: Int
    private var lines: [String] = []
    private var line = ""
    private var used = 0
    private var isFresh = true

    /// - Parameter width: columns, more than the set-back.
    init(width: Int) { self.width = width }

    static func lines(_ words: [Word], width: Int) -> [String] {
        var flow = Flow(width: width)
        for word in words { flow.add(word) }
        return flow.lines + [flow.line]
    }

    /// A word that is longer than a line is cut.
    private mutating func add(_ word: Word) {
        let columns = columnCount(word.text)
        if !isFresh, used + 1 + columns > width {
            lines.append(line)
            line = Self.indent
            used = Self.indent.count
            isFresh = true
        }
        if !isFresh {
            line += " "
            used += 1
        }
        guard used + columns > width else { return append(word, columns) }
        var (head, taken) = ("", 0)
        for character in word.text {
            let count = columnCount(String(character))
            guard used + taken + count <= width else { break }
            head.append(character)
            taken += count
        }
        // A character that is wider than a line is shown all the same.
        if head.isEmpty { head = String(word.text.prefix(1)) }
        append(Word(head, colour: word.colour), taken)
        let rest = word.text.dropFirst(head.count)
        if !rest.isEmpty { add(Word(String(rest), colour: word.colour)) }
    }

    private mutating func append(_ word: Word, _ columns: Int) {
        line += word.colour.map { "\u{1B}[\($0)m\(word.text)\u{1B}[0m" } ?? word.text
        used += columns
        isFresh = false
    }
}

/// Columns that a terminal gives to plain text: Chinese characters and their like take two, what
/// stands above or below another character takes none.
func columnCount(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: sum
        default: sum + (isWide(scalar.value) ? 2 : 1)
        }
    }
}

/// Unicode Standard Annex 11, East Asian Width: wide and full-width.
private func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
        0x1F900...0x1F9FF, 0x20000...0x3FFFD:
        true
    default: false
    }
}
