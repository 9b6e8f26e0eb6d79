import AlarmModel

/// How problems speak of what stands in the file.
enum Wording {
    /// Text of the file in single quotes, short enough for a line and without control characters.
    static func quoted(_ text: String) -> String {
        let longest = 48
        let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest)))
        return "'\(plainText(shown))\(text.unicodeScalars.count > longest ? "…" : "")'"
    }

    /// `known are baud, format, flow. Did you mean 'baud'?`
    static func known(_ known: [String], near text: String) -> String {
        let list = "known are " + known.joined(separator: ", ")
        guard let nearest = nearest(to: text, among: known) else { return list }
        return "\(list). Did you mean '\(nearest)'?"
    }

    /// The word that `text` was probably meant to be: at most a third of it was mistyped.
    static func nearest(to text: String, among words: [String]) -> String? {
        let typed = Array(text.lowercased().unicodeScalars)
        guard (1...32).contains(typed.count) else { return nil }
        let distances = words.map { word in
            (word: word, distance: distance(typed, Array(word.lowercased().unicodeScalars)))
        }
        guard let best = distances.min(by: { $0.distance < $1.distance }),
            best.distance <= max(1, typed.count / 3)
        else { return nil }
        return best.word
    }

    /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
