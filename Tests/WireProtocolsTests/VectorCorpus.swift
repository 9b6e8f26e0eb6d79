import AlarmModel
import Captures
import Foundation
import Testing
import WireProtocols

/// One case of one vector file, with what is needed to run it.
struct CorpusCase: Sendable, CustomTestStringConvertible {
    var descriptor: ProtocolDescriptor
    var options: ProtocolOptions
    var file: String
    var vector: VectorCase

    var testDescription: String { "\(file):\(vector.line) \(vector.title)" }

    var chunks: [[UInt8]] {
        vector.steps.compactMap { step in
            if case .receive(let bytes) = step.action { bytes } else { nil }
        }
    }

    var bytes: [UInt8] { chunks.flatMap { $0 } }

    var expected: [String] {
        vector.steps.compactMap { step in
            switch step.action {
            case .receive, .pending: nil
            default: step.action.line
            }
        }
    }

    func run(_ chunks: [[UInt8]]) throws -> Transcript {
        try Transcript.of(descriptor, chunks, options: options)
    }
}

/// Every vector of every protocol below `protocol-spec/`.
enum VectorCorpus {
    static let cases: [CorpusCase] = load()

    /// The frames in all vectors of a protocol, each once.
    static func frames(of id: ProtocolID) throws -> [[UInt8]] {
        var known: Set<[UInt8]> = []
        return try cases.filter { $0.descriptor.id == id }
            .flatMap { try $0.run($0.chunks).frames }
            .filter { known.insert($0).inserted }
    }

    private static func load() -> [CorpusCase] {
        Repository.files(below: "protocol-spec", ending: ".vectors").flatMap { url in
            do {
                let vectors = try VectorFile(
                    parsing: Array(try Data(contentsOf: url)), file: url.lastPathComponent)
                guard let descriptor = ProtocolRegistry.find(vectors.protocolID) else {
                    Issue.record("\(url.path) is for a protocol that is not registered")
                    return [CorpusCase]()
                }
                let options = ProtocolOptions(
                    Dictionary(
                        vectors.options.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
                return vectors.cases.map {
                    CorpusCase(
                        descriptor: descriptor, options: options, file: url.lastPathComponent,
                        vector: $0)
                }
            } catch {
                Issue.record("\(error)")
                return []
            }
        }
    }
}
