import Foundation
import Testing
import WireProtocols

@Suite("Tidy")
struct TidyTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct SourceFile: Sendable, CustomTestStringConvertible {
        var path: String
        var target: String
        var text: String
        var testDescription: String { path }
    }

    static let sources = files(below: "Sources")
    static let all = sources + files(below: "Tests") + files(below: "Benchmarks")

    static func files(below folder: String) -> [SourceFile] {
        let base = root.appendingPathComponent(folder).path
        let names = FileManager.default.subpaths(atPath: base) ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted().compactMap { name in
            let path = "\(base)/\(name)"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            let target = name.split(separator: "/").first.map(String.init) ?? ""
            return SourceFile(path: "\(folder)/\(name)", target: target, text: text)
        }
    }

    @Test("There is something to check")
    func notEmpty() {
        #expect(Self.sources.count > 50)
    }

    @Test("Lines have at most 100 columns, functions 70 lines, files 600", arguments: all)
    func lengths(_ file: SourceFile) {
        #expect(Rules.lengths(file.text, file: file.path) == [])
    }

    @Test("Imports run only downwards", arguments: sources)
    func imports(_ file: SourceFile) {
        #expect(
            Rules.importsDownwards(file.text, target: file.target, file: file.path) == [])
    }

    @Test("Pure targets have no clock, no chance and no output of their own", arguments: sources)
    func pure(_ file: SourceFile) {
        #expect(Rules.bannedCalls(file.text, target: file.target, file: file.path) == [])
    }

    @Test("Within a target, files use one another one way only", arguments: ["LinuxPorts"])
    func circles(_ target: String) {
        let files = Self.sources.filter { $0.target == target }
        #expect(files.count > 10)
        #expect(FileUses(files.map { ($0.path, $0.text) }).circles == [])
    }

    @Test("The kinds of ways in are told apart in one place")
    func waysIn() throws {
        let ports = Self.sources.filter { $0.target == "LinuxPorts" }
        let named = { (file: SourceFile) in file.path.hasSuffix("/WaysIn.swift") }
        let kinds = Rules.cases(of: "Way", in: ports.map(\.text))
        #expect(kinds.count > 5)
        let places = ports.filter { !Rules.matches(kinds, in: $0.text, file: $0.path).isEmpty }
        #expect(places.map(\.path) == ports.filter(named).map(\.path))
    }

    @Test("Each bound stands in a test, but for those that are known to stand in none")
    func bounds() throws {
        let limits = try #require(Self.sources.first { $0.path.hasSuffix("/Limits.swift") })
        let tests = Self.files(below: "Tests").filter { $0.target != "TidyTests" }.map(\.text)
        #expect(Rules.untested(limits.text, in: tests) == Rules.boundsWithoutTest)
    }

    @Test("Nothing is left behind for later", arguments: all)
    func leftovers(_ file: SourceFile) {
        #expect(Rules.leftovers(file.text, file: file.path) == [])
    }

    @Test("Registry, specifications with vectors, and source folders name the same protocols")
    func registryAgrees() throws {
        let registered = ProtocolRegistry.all.map(\.id.rawValue).sorted()
        let specs = Self.folders("protocol-spec")
        #expect(specs == registered)
        #expect(Self.folders("Sources/WireProtocols/Protocols").count == registered.count)
        for id in specs {
            let spec = Self.root.appendingPathComponent("protocol-spec/\(id)/SPEC.md").path
            #expect(FileManager.default.fileExists(atPath: spec), "\(id) has no SPEC.md")
            let vectors = try FileManager.default.contentsOfDirectory(
                atPath: Self.root.appendingPathComponent("protocol-spec/\(id)/vectors").path)
            #expect(vectors.contains { $0.hasSuffix(".vectors") }, "\(id) has no vectors")
        }
    }

    static func folders(_ path: String) -> [String] {
        let base = root.appendingPathComponent(path)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            let path = base.appendingPathComponent(name).path
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                && isFolder.boolValue
        }.sorted()
    }
}

/// The rules find what they are there to find.
@Suite("Tidy rules")
struct RuleTests {
    @Test("A long line, a long function and a long file are found")
    func lengths() {
        let long = String(repeating: "x", count: 101)
        #expect(Rules.lengths("a\n\(long)\n", file: "f").map(\.line) == [2])
        let body = String(repeating: "    a()\n", count: 69)
        #expect(Rules.lengths("func f() {\n\(body)}\n", file: "f").map(\.line) == [1])
        #expect(Rules.lengths(String(repeating: "\n", count: 700), file: "f").count == 1)
        let fits = String(repeating: "    a()\n", count: 68)
        #expect(Rules.lengths("func f() {\n\(fits)}\n", file: "f") == [])
    }

    @Test("An import upwards is found, one downwards is not")
    func imports() {
        let text = "import AlarmModel\npublic import Foundation\n"
        let found = Rules.importsDownwards(text, target: "Captures", file: "f")
        #expect(found.map(\.line) == [2])
    }

    @Test("A clock in a pure target is found, in a comment it is not")
    func banned() {
        let text = "// Date() is banned\nlet now = Date()\n"
        #expect(Rules.bannedCalls(text, target: "AlarmModel", file: "f").map(\.line) == [2])
        #expect(Rules.bannedCalls(text, target: "LinuxPorts", file: "f") == [])
    }

    @Test("Files that use one another in a circle are found, whatever part of them does")
    func circles() {
        let loop = ("Loop.swift", "final class Loop {}\n")
        let part = ("Loop+Slots.swift", "extension Loop {\n    var slot: Slot { Slot() }\n}\n")
        let slot = ("Slot.swift", "struct Slot {\n    var kind: Kind\n}\n")
        let kind = ("Kind.swift", "// Not Loop.\nenum Kind {\n    case Other.Loop, \"Loop\"\n}\n")
        #expect(FileUses([loop, part, slot, kind]).circles == [])
        let back = ("Kind.swift", "enum Kind {\n    case open(Loop)\n}\n")
        #expect(FileUses([loop, part, slot, back]).circles == [["Kind", "Loop", "Slot", "Kind"]])
    }

    @Test("Where cases of an enum are told apart is found, where they are made is not")
    func matches() {
        let text = """
            enum Way: Equatable {
                case serial(Int)
                case pipe
            }
            enum Other {
                case no
            }
            """
        let kinds = Rules.cases(of: "Way", in: [text])
        #expect(kinds == ["serial", "pipe"])
        let use = "switch way {\ncase .serial(let baud): break\ncase (_, .pipe): break\n}\n"
        #expect(Rules.matches(kinds, in: use, file: "f").map(\.line) == [2, 3])
        #expect(Rules.matches(kinds, in: "way = .serial(9_600)\n", file: "f") == [])
    }

    @Test("A bound that no test names is found")
    func untested() {
        let limits = "  public static let portsMax = 3\n  public static let rest = 4\n  let x = 5\n"
        #expect(Rules.untested(limits, in: ["Limits.portsMax + 1"]) == ["rest"])
        #expect(Rules.untested(limits, in: ["(Limits.rest)", "#expect(.portsMax == 3)"]) == [])
    }

    @Test("A note for later is found")
    func leftovers() {
        #expect(Rules.leftovers("// " + "TO" + "DO: later", file: "f").count == 1)
    }
}
