import Foundation

/// Which files of a target use the types of which others. A file `Loop+Peers.swift` is a part of
/// `Loop.swift`: what it calls there is no use of another file.
struct FileUses {
    /// By the file, without extension and part.
    private(set) var uses: [String: Set<String>] = [:]

    /// - Parameter files: the name of each, and its text.
    init(_ files: [(name: String, text: String)]) {
        var homes: [String: String] = [:]
        let units = files.map { (unit: Self.unit($0.name), code: Self.code($0.text)) }
        for (unit, code) in units {
            for name in Self.declared(in: code) { homes[name] = unit }
        }
        for (unit, code) in units {
            let others = Self.words(of: code).compactMap { homes[$0] }.filter { $0 != unit }
            uses[unit, default: []].formUnion(others)
        }
    }

    /// Files that lead back to themselves, each with the way; empty when the uses run one way.
    var circles: [[String]] {
        var found: [[String]] = []
        var inOne: Set<String> = []
        for unit in uses.keys.sorted() where !inOne.contains(unit) {
            guard let way = way(from: unit, to: unit) else { continue }
            found.append(way)
            inOne.formUnion(way)
        }
        return found
    }

    /// The shortest way along uses, both ends included.
    private func way(from start: String, to end: String) -> [String]? {
        var ways = [[start]]
        var seen: Set<String> = []
        while !ways.isEmpty {
            let way = ways.removeFirst()
            for next in (uses[way[way.count - 1]] ?? []).sorted() {
                if next == end { return way + [next] }
                if seen.insert(next).inserted { ways.append(way + [next]) }
            }
        }
        return nil
    }

    private static func unit(_ file: String) -> String {
        String(file.split(separator: "/").last?.prefix { $0 != "+" && $0 != "." } ?? "")
    }

    /// Without comments, and without what stands between quotation marks.
    private static func code(_ text: String) -> [Substring] {
        text.split(separator: "\n").map { line in
            let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            let parts = code.split(separator: "\"", omittingEmptySubsequences: false)
            return Substring(
                parts.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
                    .joined(separator: " "))
        }
    }

    /// The types at the top of the file that others can name.
    private static func declared(in code: [Substring]) -> [String] {
        let keywords: Set<Substring> = [
            "class", "struct", "enum", "protocol", "typealias", "actor",
        ]
        return code.compactMap { line in
            guard let first = line.first, first != " " else { return nil }
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            guard let keyword = words.firstIndex(where: keywords.contains),
                keyword + 1 < words.count,
                words[..<keyword].allSatisfy({ !$0.contains("private") && $0 != "extension" })
            else { return nil }
            return String(words[keyword + 1])
        }
    }

    /// The names in the code, but for members of something else.
    private static func words(of code: [Substring]) -> Set<String> {
        var names: Set<String> = []
        for line in code {
            for word in line.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" })
            where word.first?.isUppercase == true {
                let isMember =
                    word.startIndex > line.startIndex
                    && line[line.index(before: word.startIndex)] == "."
                if !isMember { names.insert(String(word)) }
            }
        }
        return names
    }
}
