import AlarmModel

/// A client of the live stream that reads at its own pace.
///
/// Its buffer follows the rule of the real one: what does not fit costs the oldest record its
/// place, the client is told which sequences it missed, and reads them from the ledger.
struct FakeStreamClient {
    enum Pace { case fast, slow, stopped }

    static let bufferMax = 16

    var pace: Pace
    /// Everything up to here was received, or read from the ledger.
    private(set) var handled: Sequence
    private(set) var buffer: [Record] = []
    private(set) var nextRead: MonotonicTime?
    /// The newest record that it has to read from the ledger, when it missed any.
    private var missedThrough: Sequence?

    init(pace: Pace, after: Sequence) {
        self.pace = pace
        handled = after
    }

    mutating func offer(_ record: Record, at now: MonotonicTime, planted: PlantedBug?) {
        if buffer.count == Self.bufferMax, planted != .clientBufferUnbounded {
            let oldest = buffer.removeFirst()
            if planted != .gapUntold { missedThrough = oldest.sequence }
        }
        buffer.append(record)
        if nextRead == nil { nextRead = next(at: now) }
    }

    /// The connection is new: what was published meanwhile is in the ledger.
    mutating func reconnect(through last: Sequence, at now: MonotonicTime) {
        buffer = []
        missedThrough = last > handled ? last : nil
        nextRead = missedThrough == nil ? nil : next(at: now)
    }

    mutating func setPace(_ pace: Pace, at now: MonotonicTime) {
        self.pace = pace
        let hasWork = missedThrough != nil || !buffer.isEmpty
        nextRead = hasWork ? next(at: now) : nil
    }

    /// Takes what is due: the gap out of the ledger, or one buffered record.
    mutating func read(
        at now: MonotonicTime, _ ledger: (ClosedRange<Sequence>) -> [Record]
    ) -> [Record] {
        var taken: [Record] = []
        if let through = missedThrough {
            missedThrough = nil
            taken = ledger(handled.next...max(handled.next, through))
        } else if !buffer.isEmpty {
            taken = [buffer.removeFirst()]
        }
        handled = taken.last?.sequence ?? handled
        nextRead = buffer.isEmpty ? nil : next(at: now)
        return taken
    }

    private func next(at now: MonotonicTime) -> MonotonicTime? {
        switch pace {
        case .fast: now
        case .slow: now + .seconds(2)
        case .stopped: nil
        }
    }
}

/// Hands published records to all clients and waits for none.
struct FakeFeed {
    var clients: [FakeStreamClient]
    private let planted: PlantedBug?
    /// Only a planted bug has any.
    private var heldUp: [Record] = []

    init(clients: [FakeStreamClient], planted: PlantedBug?) {
        self.clients = clients
        self.planted = planted
    }

    mutating func publish(_ record: Record, at now: MonotonicTime) {
        heldUp.append(record)
        let isHeldUp =
            planted == .slowClientBlocks
            && clients.contains { $0.buffer.count >= FakeStreamClient.bufferMax / 2 }
        if isHeldUp { return }
        for record in heldUp {
            for index in clients.indices { clients[index].offer(record, at: now, planted: planted) }
        }
        heldUp = []
    }
}
