import AlarmModel

/// What one connection remembers: whose it is, and how its clock is set.
public struct QueclinkSession: ProtocolSession {
    /// Of the last report that named its device.
    var address: ShortText?
    /// What the clocks of the devices are ahead of UTC; their fixes are in UTC all the same.
    let clockOffset: TimeSpan

    /// Option: `clockOffsetMinutes`.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(except: ["clockOffsetMinutes"])
        let offset = try options.integer("clockOffsetMinutes", in: -720...840) ?? 0
        clockOffset = .seconds(Int64(offset) * 60)
    }
}
