import Foundation
import Testing
import WireProtocols

@Suite("README")
struct ReadmeTests {
    /// The cells of each row that begins with a protocol's id in code marks.
    private static func rows() throws -> [[String]] {
        let readme = try String(
            contentsOf: Repository.root.appendingPathComponent("README.md"), encoding: .utf8)
        return readme.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What `tocsin protocols` prints of the same.
    private static func row(of descriptor: ProtocolDescriptor) -> [String] {
        let about = descriptor.about
        return ["`\(about.id)`", about.title, about.link, about.reply]
    }

    @Test("The table of protocols says what `tocsin protocols` says, and nothing else")
    func table() throws {
        let known = ProtocolRegistry.all.map(Self.row)
        for row in try Self.rows() { #expect(known.contains(row)) }
    }

    /// The commit that adds a protocol touches its folders and the registry, so its row comes
    /// behind it: missing for a commit, it is told and does not fail.
    @Test("Every protocol has a row")
    func complete() throws {
        let rows = try Self.rows()
        for row in ProtocolRegistry.all.map(Self.row) where !rows.contains(row) {
            Issue.record("README.md lacks | \(row.joined(separator: " | ")) |", severity: .warning)
        }
    }
}
