import AlarmModel

/// What one connection remembers: who logged in, how its clock is set, and what time it is.
public struct GT06Session: ProtocolSession {
    /// Nil before the login.
    var address: ShortText?
    /// The station's time, for the device that asks.
    private(set) var now: WallTime?
    /// What the option says all clocks are ahead of UTC.
    private let givenOffset: TimeSpan?
    private var loginOffset = TimeSpan.seconds(0)

    /// Options: `clockOffsetMinutes`, for devices whose clock is neither what their login says nor
    /// UTC.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        let key = "clockOffsetMinutes"
        try options.refuseAll(except: [key])
        givenOffset = try options.integer(key, in: -720...840).map { .seconds(Int64($0) * 60) }
    }

    public mutating func heard(at now: Moment) { self.now = now.wall }

    mutating func take(_ login: GT06.Login) {
        address = login.address
        loginOffset = login.clockOffset
    }

    /// What the clock in a frame of this type is ahead of UTC.
    @inline(__always)
    func clockOffset(of type: UInt8) -> TimeSpan {
        givenOffset ?? (GT06.isLocalTime(type) ? loginOffset : .seconds(0))
    }
}
