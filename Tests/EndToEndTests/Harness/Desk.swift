import Foundation

/// Asks a daemon over HTTP, with nothing but a socket.
struct Desk {
    let socketPath: String

    struct PortForm: Decodable {
        var name: String
        var id: String?
        var path: String?
        var state: String
        var reason: String?
        var counters: [String: UInt64]
    }

    struct HealthForm: Decodable {
        var state: String
        var reasons: [String]
        var pendingEvents: Int
    }

    func get(_ target: String) throws -> (status: Int, body: Data) {
        let answer = Answer(try connect(), target)
        guard answer.waitForEnd(within: .seconds(20)), let status = answer.status else {
            throw HarnessError("no whole answer to GET \(target)")
        }
        return (status, answer.body)
    }

    func ports() throws -> [String: PortForm] {
        let forms = try JSONDecoder().decode([PortForm].self, from: get("/v1/ports").body)
        return Dictionary(forms.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    func health() throws -> (status: Int, form: HealthForm) {
        let answer = try get("/healthz")
        return (answer.status, try JSONDecoder().decode(HealthForm.self, from: answer.body))
    }

    /// The stored events of a range, as the stream gives them.
    func events(_ range: ClosedRange<Int>) throws -> [StreamLine] {
        let answer = try get("/v1/events?after=\(range.lowerBound - 1)&through=\(range.upperBound)")
        return try answer.body.split(separator: UInt8(ascii: "\n")).map { try StreamLine($0) }
    }

    /// The live stream, from behind `after`.
    func stream(after: Int, over wire: Wire? = nil) throws -> EventReader {
        EventReader(Answer(try wire ?? connect(), "/v1/events?after=\(after)"))
    }

    /// The daemon is ready to take alarms before it is ready to show them.
    private func connect() throws -> Wire {
        _ = try waits { (try? Wire.connect(socket: socketPath)) != nil }
        return try Wire.connect(socket: socketPath)
    }

    /// Asks until `isSo`, because the desk shows a state that may be 250 ms old; false when it was
    /// never so within `patience`.
    func waits(within patience: Duration = .seconds(10), until isSo: () throws -> Bool) throws
        -> Bool
    {
        let end = ContinuousClock.now + patience
        while try !isSo() {
            guard ContinuousClock.now < end else { return false }
            usleep(20_000)
        }
        return true
    }
}

/// What a line of the stream says: an event, or a gap.
struct StreamLine: Decodable, Equatable {
    struct Gap: Decodable, Equatable {
        var from: Int
        var to: Int
    }

    var sequence: Int?
    var kind: String?
    var port: String?
    var raw: String?
    var gap: Gap?

    init(_ line: Data) throws { self = try JSONDecoder().decode(StreamLine.self, from: line) }
}

/// A client of the stream, that reads when it is asked to.
final class EventReader {
    private let answer: Answer
    private(set) var lines: [StreamLine] = []

    init(_ answer: Answer) { self.answer = answer }

    var wire: Wire { answer.wire }
    var hasEnded: Bool { answer.hasEnded }
    var isWhole: Bool { answer.isWhole }

    /// Takes in what has come.
    func read() throws {
        answer.read()
        guard let end = answer.body.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let whole = answer.body[...end].split(separator: UInt8(ascii: "\n"))
        lines += try whole.map { try StreamLine($0) }
        answer.body = Data(answer.body[(end + 1)...])
    }
}

/// An answer of HTTP/1.1, as far as it has come.
final class Answer {
    let wire: Wire
    private(set) var status: Int?
    /// Without the framing in chunks.
    var body = Data()
    private(set) var hasEnded = false
    /// It ended as HTTP has it, and was not cut.
    private(set) var isWhole = false
    private var unread = Data()
    private var isChunked = false
    /// Bytes of the current chunk that are still to come, its line end included.
    private var chunkRest = 0

    init(_ wire: Wire, _ target: String) {
        self.wire = wire
        let head = [
            "GET \(target) HTTP/1.1", "Host: localhost", "Accept: application/x-ndjson",
            "Connection: close", "", "",
        ]
        wire.send(head.joined(separator: "\r\n").utf8)
    }

    func waitForEnd(within patience: Duration) -> Bool {
        let end = ContinuousClock.now + patience
        while !hasEnded {
            let rest = end - .now
            guard rest > .zero else { return false }
            Wire.wait(for: [wire], atMost: rest)
            read()
        }
        return true
    }

    /// Takes in what has come.
    func read() {
        unread += wire.receive()
        if status == nil { readHead() }
        if status != nil { readBody() }
        hasEnded = hasEnded || wire.hasEnded
    }

    private func readHead() {
        guard let end = unread.range(of: Data("\r\n\r\n".utf8)) else { return }
        let head = String(decoding: unread[..<end.lowerBound], as: UTF8.self)
        unread = Data(unread[end.upperBound...])
        status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        isChunked = head.lowercased().contains("transfer-encoding: chunked")
    }

    private func readBody() {
        guard isChunked else {
            body += unread
            unread = Data()
            return
        }
        while true {
            if chunkRest == 0 {
                guard let end = unread.range(of: Data("\r\n".utf8)) else { return }
                let size = Int(
                    String(decoding: unread[..<end.lowerBound], as: UTF8.self), radix: 16)
                unread = Data(unread[end.upperBound...])
                guard let size, size > 0 else {
                    (hasEnded, isWhole) = (true, size == 0)
                    return
                }
                chunkRest = size + 2
            }
            let taken = unread.prefix(chunkRest)
            guard !taken.isEmpty else { return }
            body += taken.prefix(max(0, chunkRest - 2))
            unread = Data(unread.dropFirst(taken.count))
            chunkRest -= taken.count
        }
    }
}
