import AlarmModel
import StationCore

/// The desks of the operators: what they have ordered and not been answered yet.
struct FakeDesk {
    struct Given {
        var order: Order
        var id: UUIDv7
        /// It came again with the alert as the ledger has it.
        var isSecond = false
    }

    /// On its way to the station once more, with what was read of the ledger.
    struct Again {
        var token: UInt64
        var stored: Alert
        var at: MonotonicTime
    }

    static let names = ["desk 1", "desk 2", "desk 3"]

    private(set) var open: [UInt64: Given] = [:]
    private(set) var comingAgain: [Again] = []
    private(set) var lastGiven: Given?
    private var lastToken: UInt64 = 0

    mutating func give(_ order: Order, on id: UUIDv7) -> UInt64 {
        lastToken += 1
        let given = Given(order: order, id: id)
        open[lastToken] = given
        lastGiven = given
        return lastToken
    }

    mutating func answered(_ token: UInt64) -> Given? { open.removeValue(forKey: token) }

    mutating func comeAgain(_ token: UInt64, _ given: Given, with stored: Alert, at: MonotonicTime)
    {
        var given = given
        given.isSecond = true
        open[token] = given
        comingAgain.append(Again(token: token, stored: stored, at: at))
        comingAgain.sort { ($0.at, $0.token) < ($1.at, $1.token) }
    }

    mutating func nextAgain() -> (Again, Given)? {
        guard !comingAgain.isEmpty else { return nil }
        let again = comingAgain.removeFirst()
        return open[again.token].map { (again, $0) }
    }

    /// Nobody is answered any more; who wants to know looks at the alert.
    mutating func stationStopped() {
        open = [:]
        comingAgain = []
    }
}
