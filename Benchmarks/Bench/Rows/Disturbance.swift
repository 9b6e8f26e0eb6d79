import AlarmModel
import Foundation
import StationLedger
import Synchronization
import WireProtocols

/// Something that keeps a daemon busy while it is pressed.
struct Disturbance: Sendable {
    /// What it was given before the daemon started.
    struct Setting {
        let lines: [PseudoTerminal]
        /// Standard error of the daemon, unless it is a file.
        var complaints: Int32?
        /// Of the listeners, in the order of `ports`.
        var listeners: [UInt16] = []
        var allPorts: [String] = []
        /// What has to be there until the daemon has ended.
        var held: [AnyObject] = []

        init(lines: [PseudoTerminal]) { self.lines = lines }
    }

    /// One portion after the other is brought while presses are timed.
    struct Going {
        var portion: @Sendable (_ turn: Int) throws -> Void
        /// Portions that have to be brought.
        var turnsLeast = 1
        /// Throws when so many of them have not reached the daemon.
        var confirm: (_ turns: Int) throws -> Void
    }

    typealias Begin = @Sendable (Tocsind, Setting) throws -> Going

    var what: String
    var lineCount = 0
    /// Before the daemon starts.
    var prepare: @Sendable (_ folder: String, inout Setting) throws -> Void = { _, _ in }
    /// Lines of the configuration besides the quiet port's.
    var ports: @Sendable (inout Setting) throws -> [String] = { _ in [] }
    /// Returns when what has to be there first is there.
    var begin: Begin

    static let all = [
        newAddresses, startMarks, fullPipe, openAlerts, damagedDatagrams, streamClients, echoes,
        fullListener,
    ]

    static let listenerPeers = UInt32(Limits.connectionsPerListenerMax)

    // MARK: - addresses

    private static let known: UInt32 = UInt32(Limits.devicesMax)
    private static let newcomers: UInt32 = 4_000

    /// The book of devices is full, and each new one takes the place of another.
    private static let newAddresses = Disturbance(
        what: "\(known) addresses known, \(newcomers) new come",
        ports: { [try listener("locators", "jt808", &$0)] },
        begin: { tocsind, setting in
            let peer = try Loopback.connected(to: setting.listeners[0])
            for first in stride(from: 1, through: known, by: Int(newcomers)) {
                try Descriptor.feed(reports(from: first), to: peer.descriptor)
            }
            try wait(within: .seconds(60), "\(known) addresses known") {
                try tocsind.counter("telemetry", of: "locators") == Int(known)
            }
            return Going(
                portion: {
                    let first = known + 1 + UInt32($0) * newcomers
                    try Descriptor.feed(reports(from: first), to: peer.descriptor)
                },
                confirm: { turns in
                    let sent = Int(known) + turns * Int(newcomers)
                    try wait(within: .seconds(20), "\(sent) reports read") {
                        try tocsind.counter("telemetry", of: "locators") == sent
                    }
                })
        })

    /// A place of each of some devices.
    private static func reports(from first: UInt32) -> [UInt8] {
        (first..<first + newcomers).flatMap { Corpus.location(device: $0, serial: $0 * 10 + 1) }
    }

    // MARK: - bytes

    private static let markBytes = 65_536

    /// What begins like a frame of each protocol, and goes on beginning.
    private static let startMarks = Disturbance(
        what: "\(markBytes) bytes of each start mark",
        ports: { setting in
            try spoken.map { try listener("p-\($0.id)", "\($0.id)", &setting) }
        },
        begin: { tocsind, setting in
            let peers = try setting.listeners.map { try Loopback.connected(to: $0) }
            let marks = try spoken.indices.flatMap { index in
                try starts(of: spoken[index]).map { (index, $0) }
            }
            return Going(
                portion: { turn in
                    let (index, mark) = marks[turn % marks.count]
                    let bytes = (0..<markBytes / mark.count).flatMap { _ in mark }
                    try Descriptor.feed(bytes, to: peers[index].descriptor)
                },
                turnsLeast: marks.count,
                confirm: { _ in
                    for descriptor in spoken {
                        let name = "p-\(descriptor.id)"
                        try wait(within: .seconds(20), "start marks at \(name)") {
                            try tocsind.counter("bytesIn", of: name) >= 2 * markBytes
                        }
                    }
                })
        })

    /// Every byte that a decoder does not throw away at sight, and how its frames begin.
    private static func starts(of descriptor: ProtocolDescriptor) throws -> [[UInt8]] {
        let bytes = try (UInt8.min...UInt8.max).map { [$0] }.filter { byte in
            let decoder = try descriptor.makeDecoder()
            let seen = NoiseHandler()
            decoder.receive(byte.span, into: seen)
            return !seen.isNoise
        }
        return bytes + [Array(frame(of: descriptor, 1).prefix(2))]
    }

    /// What can come over a stream of bytes.
    private static let spoken = ProtocolRegistry.all.filter { $0.id != "hid-button" }

    private static func frame(of descriptor: ProtocolDescriptor, _ serial: UInt32) -> [UInt8] {
        let time = Corpus.time(serial)
        return descriptor.sample(of: [.checkIn], serial: serial, at: time)
            ?? descriptor.sample(of: [.sos], serial: serial, at: time) ?? []
    }

    private static let datagrams = 12_000

    /// Each of them from one of a hundred senders.
    private static let damagedDatagrams = Disturbance(
        what: "\(datagrams) damaged datagrams come",
        ports: { setting in
            let port = try Loopback.freePort()
            setting.listeners.append(port)
            return ["  - {name: dialers, udp: {listen: \"127.0.0.1:\(port)\"}, protocol: dc09}"]
        },
        begin: { tocsind, setting in
            let senders = try (0..<100).map { _ in
                try Loopback.datagrams(to: setting.listeners[0])
            }
            guard let dc09 = ProtocolRegistry.find("dc09") else { throw Unmeasured("no dc09") }
            return Going(
                portion: { turn in
                    for number in 0..<datagrams {
                        let serial = UInt32(turn * datagrams + number)
                        guard
                            var frame = dc09.sample(
                                of: [.sos], device: serial % 1_000, serial: serial,
                                at: Corpus.time(serial))
                        else { throw Unmeasured("no sample of a press") }
                        frame[frame.count / 2] ^= 1
                        let sender = senders[number % senders.count].descriptor
                        try Descriptor.write(frame[...], to: sender)
                    }
                },
                confirm: { _ in
                    // What comes faster than it is read is lost by the kernel, and counted.
                    try wait(within: .seconds(20), "\(datagrams) datagrams found damaged") {
                        let skipped = try tocsind.counter(
                            "skippedBytes.badChecksum", of: "dialers")
                        return skipped >= datagrams * 40
                    }
                })
        })

    /// All that the daemon says on one line of each protocol comes back to it, and devices speak
    /// on, so that it has something to say.
    private static let echoes = Disturbance(
        what: "links of all protocols echo", lineCount: spoken.count,
        ports: { setting in
            zip(spoken, setting.lines).map { Tocsind.port("p-\($0.id)", "\($0.id)", on: $1) }
        },
        begin: { tocsind, setting in
            let lines = setting.lines.map(\.master)
            let sent = Atomic(0)
            let echoed = Atomic(0)
            return Going(
                portion: { turn in
                    for (index, line) in lines.enumerated() {
                        let answer = Descriptor.read(line) ?? []
                        let bytes = answer + frame(of: spoken[index], UInt32(turn + 1))
                        // A line that is full takes no more, as a line does.
                        guard (try? Descriptor.write(bytes[...], to: line)) != nil else { continue }
                        sent.add(bytes.count, ordering: .relaxed)
                        echoed.add(answer.count, ordering: .relaxed)
                    }
                    usleep(1_000)
                },
                turnsLeast: 500,
                confirm: { _ in
                    let echoes = echoed.load(ordering: .relaxed)
                    guard echoes >= 10_000 else { throw Unmeasured("only \(echoes) bytes echo") }
                    let least = sent.load(ordering: .relaxed)
                    try wait(within: .seconds(20), "\(least) bytes and their echoes heard") {
                        try spoken.reduce(0) {
                            $0 + (try tocsind.counter("bytesIn", of: "p-\($1.id)"))
                        } >= least
                    }
                })
        })

    // MARK: - people and programs

    /// Nobody reads what the daemon writes, and it has more and more to say.
    private static let fullPipe = Disturbance(
        what: "the pipe of standard error is full",
        prepare: { _, setting in
            let pipe = try FullPipe()
            setting.held.append(pipe)
            setting.complaints = try pipe.lentWriter()
        },
        begin: { tocsind, setting in
            let reload = tocsind.reloading
            let ports = setting.allPorts
            let wrong = ports + (1...100).map { "  - {name: w\($0), protocol: none}" }
            return Going(
                portion: { turn in
                    let gone = "  - {name: gone-\(turn), protocol: surgard, match: {path: /gone}}"
                    try reload(turn % 2 == 0 ? wrong : ports + [gone])
                    usleep(20_000)
                },
                turnsLeast: 100,
                confirm: { _ in
                    let lost = try tocsind.metric("tocsin_journal_lines_dropped_total")
                    guard lost > 0 else { throw Unmeasured("the journal has room for all lines") }
                })
        })

    private static let alerts = Int64(Limits.ongoingAlertsMax)

    /// As many as the board has places for.
    private static let openAlerts = Disturbance(
        what: "\(alerts) alerts are open",
        prepare: { folder, _ in
            let ledger = try Ledger.open(path: "\(folder)/ledger.sqlite", boot: nil).ledger
            defer { ledger.close() }
            for first in stride(from: 1, through: alerts, by: 4_000) {
                try ledger.commit((first..<min(first + 4_000, alerts + 1)).map(opened))
            }
        },
        begin: { tocsind, _ in
            let head = "tocsin-more: "
            let answer = String(
                decoding: try tocsind.get("/v1/alerts?limit=1"), as: UTF8.self
            ).lowercased()
            let begin = answer.range(of: head)?.upperBound ?? answer.endIndex
            let more = Int64(answer[begin...].prefix { $0.isNumber }) ?? 0
            guard more + 1 >= alerts else {
                throw Unmeasured("only \(more) alerts are open besides one")
            }
            return Going(portion: { _ in usleep(10_000) }, confirm: { _ in })
        })

    private static func opened(_ sequence: Int64) -> LedgerEntry {
        var event = Event.sample(sequence)
        event.draft.address = ShortText(decimal: 13_900_000_000 + sequence)
        event.alert = AlertReference(id: event.id, opened: event.sequence)
        return LedgerEntry(records: [.event(event)], alerts: [Alert(openedBy: event)])
    }

    /// All that there are places for, and each reads all that it gets.
    private static let streamClients = Disturbance(
        what: "\(Limits.streamClientsMax) clients stream",
        begin: { tocsind, _ in
            let clients = try (0..<Limits.streamClientsMax).map { _ in try tocsind.stream() }
            let clientCount = try tocsind.metric("tocsin_stream_clients")
            guard clientCount == Double(Limits.streamClientsMax) else {
                throw Unmeasured("only \(clientCount) clients stream")
            }
            let descriptors = clients.map(\.descriptor)
            let heard = Heard(count: clients.count)
            return Going(
                portion: { _ in heard.read(descriptors) },
                confirm: { _ in
                    let least = heard.leastBytes
                    // A client is told of each press, in more bytes than its frame has.
                    guard least > DisturbanceRows.presses * 100 else {
                        throw Unmeasured("a client was told only \(least) bytes")
                    }
                    withExtendedLifetime(clients) {}
                })
        })

    // MARK: - a listener

    /// It has all the peers that it takes, and more come.
    private static let fullListener = Disturbance(
        what: "a listener is full, and more come",
        ports: { [try listener("locators", "jt808", &$0)] },
        begin: { tocsind, setting in
            let port = setting.listeners[0]
            let peers = try (1...listenerPeers).map { try reporting($0, to: port) }
            try wait(within: .seconds(60), "the listener full") {
                try tocsind.counter("frames", of: "locators") == peers.count
            }
            let replaced = try tocsind.counter("replaced", of: "locators")
            let latest = Latest()
            return Going(
                portion: { turn in
                    latest.keep(try reporting(listenerPeers + UInt32(turn) + 1, to: port))
                },
                turnsLeast: 1_000,
                confirm: { turns in
                    let count = try tocsind.counter("replaced", of: "locators") - replaced
                    guard count >= turns / 2 else {
                        throw Unmeasured("of \(turns) newcomers \(count) took a place")
                    }
                    withExtendedLifetime(peers) {}
                })
        })

    private static func reporting(_ device: UInt32, to port: UInt16) throws -> Loopback {
        let locator = try Loopback.connected(to: port)
        let report = Corpus.location(device: device, serial: 1)
        try Descriptor.write(report[...], to: locator.descriptor)
        return locator
    }

    private static func listener(
        _ name: String, _ protocolID: String, _ setting: inout Setting
    ) throws -> String {
        let port = try Loopback.freePort()
        setting.listeners.append(port)
        return
            "  - {name: \(name), tcp: {listen: \"127.0.0.1:\(port)\"}, protocol: \(protocolID)}"
    }
}

/// Whether a decoder threw something away.
private final class NoiseHandler: FrameHandler {
    private(set) var isNoise = false

    func event(_ draft: EventDraft, text: String?) {}
    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {}
    func skipped(_ count: Int, _ reason: SkipReason) { isNoise = true }
    func answerDamage(_ reply: Reply) {}
}

/// How much each of many stream clients was told.
private final class Heard: Sendable {
    private let bytes: Mutex<[Int]>

    init(count: Int) { bytes = Mutex([Int](repeating: 0, count: count)) }

    var leastBytes: Int { bytes.withLock { $0.min() ?? 0 } }

    /// Takes what there is for any of them, or waits a little for it.
    func read(_ descriptors: [Int32]) {
        for index in Descriptor.readable(of: descriptors, milliseconds: 10) {
            let count = Descriptor.read(descriptors[index])?.count ?? 0
            bytes.withLock { $0[index] += count }
        }
    }
}

/// The newest of many connections; those before them are closed.
private final class Latest: Sendable {
    private static let most = 1_000
    private let connections = Mutex<[Loopback]>([])

    func keep(_ connection: Loopback) {
        connections.withLock {
            $0.append(connection)
            if $0.count > Self.most { $0.removeFirst() }
        }
    }
}

/// A pipe without room, whose other end nobody reads.
private final class FullPipe {
    private let reader: Int32
    private let writer: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Unmeasured("no pipe") }
        (reader, writer) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let flags = fcntl(writer, F_GETFL)
        _ = fcntl(writer, F_SETFL, flags | O_NONBLOCK)
        for size in [4_096, 1] {
            let bytes = [UInt8](repeating: 0x0A, count: size)
            while unsafe write(writer, bytes, size) > 0 {}
        }
        _ = fcntl(writer, F_SETFL, flags)
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// Another descriptor of its full end, which whoever gets it closes.
    func lentWriter() throws -> Int32 {
        let lent = fcntl(writer, F_DUPFD_CLOEXEC, 0)
        guard lent >= 0 else { throw Unmeasured("dup: \(Descriptor.lastError())") }
        return lent
    }
}
