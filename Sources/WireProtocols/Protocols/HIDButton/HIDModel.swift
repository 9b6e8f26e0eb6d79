import AlarmModel

/// A model of button: what its reports mean, and how it is asked for them.
struct HIDModel: Sendable {
    /// One state of the button and its lid.
    struct State: Sendable {
        var code: UInt8
        var isPress = false
        var text: String
    }

    /// Vendor and product as `lsusb` shows them, `1d34:000d`.
    var usb: String
    var reportLength: Int
    /// Which byte of a report is its state.
    var stateOffset: Int
    /// The bits, first byte highest, that are zero in every report beside the state.
    var zeroBits: UInt64
    var states: [State]
    /// What is written to be sent a report, and how often. Models that report by themselves have
    /// none.
    var poll: (report: [UInt8], interval: TimeSpan)?

    /// What a report says; nil when it is none that is known.
    func state(of report: HIDButton.Report) -> State? {
        guard Int(report.length) == reportLength, report.word & zeroBits == 0 else { return nil }
        let code = report.byte(at: stateOffset)
        return states.first { $0.code == code }
    }

    /// The first is the one that is meant when the configuration names none.
    static let all = [
        // Dream Cheeky Big Red Button. The 08 stands where hidraw expects the number of a report.
        HIDModel(
            usb: "1d34:000d", reportLength: 8, stateOffset: 0,
            zeroBits: 0x00FF_FFFF_FFFF_FF00,
            states: [
                State(code: 0x15, text: "lid closed"),
                State(code: 0x16, isPress: true, text: "pressed"),
                State(code: 0x17, text: "lid open"),
            ],
            poll: ([0x08, 0, 0, 0, 0, 0, 0, 0x02], .milliseconds(50)))
    ]

    /// The lengths of reports of all models: bit n is set for n bytes. Written out, so that it
    /// costs nothing to look at for every byte of noise; a test holds it to the table.
    static let reportLengths: UInt64 = 1 << 8

    @inline(__always)
    static func isReportLength(_ length: UInt8) -> Bool {
        length < 64 && reportLengths >> UInt64(length) & 1 == 1
    }
}
