import AlarmModel
import WireProtocols

/// One press after the other into the daemon, from the last byte on the line until the reply is
/// back on it, and until a stream client has the event; in turns with a bare fdatasync.
enum LatencyRows {
    private static let presses: UInt32 = 600

    private struct Latencies {
        var reply = Samples()
        var event = Samples()
        var sync = Samples()
    }

    static func measure() throws -> [Row] {
        let latencies = try Folder.with { folder in
            try PseudoTerminal.with(1) { lines in
                let port = Tocsind.port("pendants", "tocsin-link", on: lines[0])
                return try Tocsind.run(in: folder, ports: [port]) { tocsind in
                    let stream = try tocsind.stream()
                    return try press(
                        Client(line: lines[0], stream: stream),
                        beside: SyncedFile("\(folder)/raw", bytesPerAppend: 4_096))
                }
            }
        }
        return [50.0, 99.0].flatMap { percent in
            [
                ("reply to the device", latencies.reply),
                ("event at a stream client", latencies.event),
            ]
            .map { what, ours in
                Row(
                    what: "\(what), p\(decimal(percent, 0))",
                    ours: .time(ours.percentile(percent)),
                    baseline: .time(latencies.sync.percentile(percent)),
                    against: "write of 4096 bytes and fdatasync, in turns")
            }
        }
    }

    private static func press(_ client: Client, beside file: SyncedFile) throws -> Latencies {
        guard let descriptor = ProtocolRegistry.find("tocsin-link") else {
            throw Unmeasured("no tocsin-link")
        }
        try client.awaitHello()
        // What the daemon has to answer, from a decoder of our own.
        let decoder = try descriptor.makeDecoder()
        let expected = ReplyHandler()
        var latencies = Latencies()
        for serial in 1...presses {
            let time = WallTime(microseconds: 1_795_253_160_000_000 + Int64(serial) * 1_000_000)
            guard
                let frame = descriptor.sample(
                    of: [.sos], device: serial % 50, serial: serial, at: time)
            else { throw Unmeasured("no sample of a press") }
            decoder.receive(frame.span, into: expected)
            let (reply, event) = try client.press(frame, serial, awaiting: expected.reply)
            latencies.reply.add(reply)
            latencies.event.add(event)
            latencies.sync.add(try file.append())
        }
        return latencies
    }
}

/// The last reply that a frame asked for.
private final class ReplyHandler: FrameHandler {
    private(set) var reply: [UInt8] = []

    func event(_ draft: EventDraft, text: String?) {}
    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        self.reply = reply.array()
    }
    func skipped(_ count: Int, _ reason: SkipReason) {}
    func answerDamage(_ reply: Reply) {}
}

/// The device's end of the line and a stream client, watched together.
private struct Client {
    let line: PseudoTerminal
    let stream: UnixSocket

    /// The station greets the receiver when it opens the line.
    func awaitHello() throws {
        guard Descriptor.wait(for: [line.master], milliseconds: 10_000) else {
            throw Unmeasured("the line was not opened")
        }
        while Descriptor.wait(for: [line.master], milliseconds: 200) {
            _ = Descriptor.read(line.master)
        }
    }

    /// Seconds until the whole reply and until the event were there.
    func press(
        _ frame: [UInt8], _ serial: UInt32, awaiting reply: [UInt8]
    ) throws -> (reply: Double, event: Double) {
        let mark = "\"deviceSerial\":\(serial),"
        var answered: [UInt8] = []
        var told = ""
        var replyAt: Double?
        var eventAt: Double?
        let begin = ContinuousClock.now
        try Descriptor.write(frame[...], to: line.master)
        while true {
            if let replyAt, let eventAt { return (replyAt, eventAt) }
            guard Descriptor.wait(for: [line.master, stream.descriptor], milliseconds: 5_000) else {
                throw Unmeasured("press \(serial) was not answered and shown within 5 s")
            }
            let now = (ContinuousClock.now - begin) / .seconds(1)
            answered += Descriptor.read(line.master) ?? []
            if replyAt == nil, answered.count >= reply.count {
                guard answered == reply else { throw Unmeasured("press \(serial): wrong reply") }
                replyAt = now
            }
            if Descriptor.wait(for: [stream.descriptor], milliseconds: 0) {
                guard let bytes = Descriptor.read(stream.descriptor) else {
                    throw Unmeasured("the event stream ended")
                }
                told += String(decoding: bytes, as: UTF8.self)
                if told.contains(mark) { eventAt = eventAt ?? now }
            }
        }
    }
}
