import AlarmModel
import Testing

@testable import WireProtocols

@Suite("USB buttons")
struct HIDButtonTests {
    @Test("The button is polled every 50 ms, answered or not")
    func polling() throws {
        var session = try HIDButtonSession(options: ProtocolOptions())
        #expect(session.deadline == nil)
        #expect(session.opened(at: moment(0))?.bytes == [8, 0, 0, 0, 0, 0, 0, 2])
        #expect(session.deadline == moment(50).monotonic)
        #expect(session.timedOut(at: moment(50))?.bytes == [8, 0, 0, 0, 0, 0, 0, 2])
        #expect(session.deadline == moment(100).monotonic)
        // A loop that was late does not try to catch up.
        #expect(session.timedOut(at: moment(400)) != nil)
        #expect(session.deadline == moment(450).monotonic)
    }

    @Test("Every model has one press, states that differ, and reports that a frame can hold")
    func table() {
        #expect(Set(HIDModel.all.map(\.usb)).count == HIDModel.all.count)
        let lengths = HIDModel.all.map { UInt64(1) << UInt64($0.reportLength) }
        #expect(HIDModel.reportLengths == lengths.reduce(0, |))
        for model in HIDModel.all {
            #expect(model.states.count { $0.isPress } == 1)
            #expect(Set(model.states.map(\.code)).count == model.states.count)
            #expect(1...HIDButton.Report.lengthMax ~= model.reportLength)
            #expect(0..<model.reportLength ~= model.stateOffset)
            for state in model.states {
                var bytes = [UInt8](repeating: 0, count: model.reportLength)
                bytes[model.stateOffset] = state.code
                #expect(HIDButton.Report(bytes).flatMap(model.state)?.code == state.code)
            }
        }
    }

    @Test("An option that cannot be is refused in words that help")
    func options() {
        #expect(
            throws: OptionProblem(
                key: "device", message: "no button '1234:5678' is known; known are 1d34:000d")
        ) { try HIDButtonSession(options: ProtocolOptions(["device": "1234:5678"])) }
        #expect(throws: OptionProblem.self) {
            try HIDButtonSession(options: ProtocolOptions(["kind": "checkIn"]))
        }
        #expect(throws: OptionProblem.self) {
            try HIDButtonSession(options: ProtocolOptions(["kinds": "sos"]))
        }
    }

    @Test("A report of any length up to eight bytes comes out as it went in")
    func reports() throws {
        for count in 1...8 {
            let bytes = (1...count).map { UInt8($0 * 17) }
            let report = try #require(HIDButton.Report(bytes))
            var frame: [UInt8] = []
            HIDButton.emit(report, into: &frame)
            #expect(frame == [UInt8(count)] + bytes)
            #expect(try HIDButton.parse(frame.span) == report)
        }
        #expect(HIDButton.Report([]) == nil)
        #expect(HIDButton.Report([UInt8](repeating: 1, count: 9)) == nil)
    }

    private func moment(_ milliseconds: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: 0),
            monotonic: MonotonicTime(microseconds: milliseconds * 1_000))
    }
}
