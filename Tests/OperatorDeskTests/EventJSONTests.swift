import AlarmModel
import EventJSON
import StationLedger
import Testing

@testable import OperatorDesk

@Suite("An event as JSON")
struct EventJSONTests {
    private func fullEvent() -> Event {
        let reportedAt = WallTime(microseconds: 1_795_253_158_000_000)
        var draft = WordedDraft(.sos, address: "013912345678")
        draft.reportedAt = reportedAt
        draft.position = Position(
            latitudeE7: 399_165_270, longitudeE7: 1_163_971_280, isValid: true,
            fixedAt: reportedAt, accuracyCentimeters: 800, altitudeCentimeters: 4_500,
            speedMillimetersPerSecond: 1_200, courseCentidegrees: 27_000)
        draft.code = "1101"
        draft.partition = 1
        draft.zone = 15
        draft.fence = "3"
        draft.batteryPercent = 80
        draft.text = "Bad"
        draft.deviceSerial = 4711
        return Event(
            id: eventID(17), sequence: 17,
            alert: AlertReference(id: eventID(12), opened: 12), protocolID: "jt808",
            wire: Wire(
                "usb-FTDI_FT232R_A6008isP-if00", portName: "receiver-1", peer: "192.0.2.7:47396"),
            received: Moment(wall: receivedAt, monotonic: MonotonicTime(microseconds: 5)),
            boot: eventID(1), priority: .emergency, draft: draft,
            raw: [0x7e, 0x02, 0x00, 0x7e])
    }

    @Test("Every field has its name, its unit and its place")
    func everyField() {
        let expected = """
            {"id":"0197f3c2-0000-7000-8000-000000000011","sequence":17,"kind":"sos",\
            "priority":"emergency","restored":false,"test":false,"late":false,\
            "device":{"protocol":"jt808","address":"013912345678"},\
            "port":"usb-FTDI_FT232R_A6008isP-if00","portName":"receiver-1",\
            "peer":"192.0.2.7:47396","alert":"0197f3c2-0000-7000-8000-00000000000c",\
            "receivedAt":"2026-11-21T09:26:00.123456Z","reportedAt":"2026-11-21T09:25:58Z",\
            "position":{"latitude":39.916527,"longitude":116.397128,"valid":true,\
            "fixedAt":"2026-11-21T09:25:58Z","accuracyMeters":8.0,"altitudeMeters":45.0,\
            "speedMetersPerSecond":1.2,"courseDegrees":270.0},\
            "code":"1101","partition":1,"zone":15,"fence":"3","batteryPercent":80,"text":"Bad",\
            "deviceSerial":4711,"monotonicMicroseconds":5,\
            "boot":"0197f3c2-0000-7000-8000-000000000001","raw":"7e02007e"}
            """
        #expect(text(eventJSON(fullEvent())) == expected)
    }

    @Test("What is not known is left out, and the three flags never are")
    func absentFields() {
        var event = makeEvent(1, .supervisionLost)
        event.draft.address = nil
        event.draft.isRestored = true
        event.draft.isTest = true
        event.draft.isLate = true
        event.received.wall = WallTime(microseconds: 1_795_253_160_000_000)
        let expected = """
            {"id":"0197f3c2-0000-7000-8000-000000000001","sequence":1,"kind":"supervisionLost",\
            "priority":"trouble","restored":true,"test":true,"late":true,"port":"receiver-1",\
            "receivedAt":"2026-11-21T09:26:00.000000Z","monotonicMicroseconds":0}
            """
        #expect(text(eventJSON(event)) == expected)
    }

    @Test("A draft is an event without what only the station knows")
    func draft() {
        var draft = WordedDraft(.geofenceExit, address: "4711")
        draft.signalPercent = 60
        draft.position = Position(latitudeE7: -5, longitudeE7: 0, isValid: false)
        let expected = """
            {"kind":"geofenceExit","priority":"warning","restored":false,"test":false,\
            "late":false,"device":{"protocol":"watch","address":"4711"},\
            "position":{"latitude":-0.0000005,"longitude":0.0,"valid":false},\
            "signalPercent":60,"raw":"5b33"}
            """
        #expect(text(draftJSON(draft, protocolID: "watch", raw: [0x5b, 0x33])) == expected)
    }

    @Test("Telemetry has no sequence")
    func telemetry() {
        #expect(!text(eventJSON(makeEvent(1, .position))).contains("sequence"))
    }

    @Test("Text from outside cannot break out of its string")
    func escaping() {
        var draft = WordedDraft(.unknown)
        draft.text = "a\"b\\c\nd\re\tf\u{01}g\u{1f}h\u{7f}é\u{2028}😀"
        let json = text(draftJSON(draft, protocolID: "espa444", raw: []))
        #expect(json.contains(#""text":"a\"b\\c\nd\re\tf\u0001g\u001fh"# + "\u{7f}é\u{2028}😀\""))
        // Bytes that are no UTF-8 are replaced, not passed on.
        var broken = ShortText()
        for byte in [0x41, 0xff, 0x42] as [UInt8] { broken.append(byte) }
        let replaced = text(
            draftJSON(WordedDraft(.unknown, address: broken), protocolID: "tap", raw: []))
        #expect(replaced.contains("\"address\":\"A\u{fffd}B\""))
    }
}

@Suite("Alerts, ports and health as JSON")
struct StationJSONTests {
    @Test("An alert says who and where, who has it, all that joined and all that was done")
    func alert() {
        var event = makeEvent(1)
        event.wire = Wire("tcp-panels", portName: "panels", peer: "192.0.2.7:47396")
        event.draft.partition = 1
        event.draft.zone = 15
        event.draft.code = "1101"
        event.draft.text = "Bad"
        var alert = Alert(openedBy: event)
        alert.join(makeEvent(2))
        let taken = ChangeDraft(.acknowledged, by: "desk 2", note: "on it")
        alert.apply(taken, at: receivedAt)
        let change = makeChange(3, taken, of: alert)
        let expected = """
            {"id":"0197f3c2-0000-7000-8000-000000000001","version":3,"state":"acknowledged",\
            "owner":"desk 2","ownedSince":"2026-11-21T09:26:00.123456Z","kind":"sos",\
            "priority":"emergency","test":false,"subject":{"protocol":"surgard",\
            "address":"1234","port":"tcp-panels","portName":"panels","peer":"192.0.2.7:47396",\
            "partition":1,"zone":15,"text":"Bad"},\
            "device":{"protocol":"surgard","address":"1234"},"port":"tcp-panels",\
            "portName":"panels","peer":"192.0.2.7:47396","code":"1101","partition":1,"zone":15,\
            "text":"Bad","openedAt":"2026-11-21T09:26:00.123456Z",\
            "changedAt":"2026-11-21T09:26:00.123456Z",\
            "firstAnsweredAt":"2026-11-21T09:26:00.123456Z",\
            "openedBy":"0197f3c2-0000-7000-8000-000000000001","eventCount":2,"restored":false,\
            "events":["0197f3c2-0000-7000-8000-000000000001",\
            "0197f3c2-0000-7000-8000-000000000002"],"changes":[\(text(changeJSON(change)))]}
            """
        let stored = StoredAlert(
            alert: alert, events: [eventID(1), eventID(2)], changes: [change])
        #expect(text(alertJSON(stored)) == expected)
        #expect(text(alertsJSON([stored, stored])) == "[\(expected),\(expected)]")
    }

    @Test("A change says what was done to which alert, by whom and when")
    func change() {
        var alert = Alert(openedBy: makeEvent(1))
        let draft = ChangeDraft(
            .parked, by: "desk 2", note: "calls back", outcome: .help,
            until: WallTime(microseconds: 1_795_253_158_000_000), step: 2, responder: "night shift",
            stage: "on the way")
        alert.apply(draft, at: receivedAt)
        let expected = """
            {"id":"0197f3c2-0000-7000-8000-000000000012","sequence":18,"change":"parked",\
            "alert":"0197f3c2-0000-7000-8000-000000000001","version":2,\
            "at":"2026-11-21T09:26:00.123456Z","by":"desk 2","note":"calls back",\
            "outcome":"help","until":"2026-11-21T09:25:58Z","step":2,\
            "responder":"night shift","stage":"on the way"}
            """
        #expect(text(changeJSON(makeChange(18, draft, of: alert))) == expected)
    }

    @Test("A port says what is wrong and what to do, and counts under its own names")
    func ports() {
        var open = PortStatus(
            name: "receiver-1", id: "usb-FTDI", path: "/dev/ttyUSB0", protocolID: "surgard",
            state: .open, counters: [.init("bytesIn", .max), .init("skippedBytes.noise", 6)])
        open.lastHeardAt = receivedAt
        let denied = PortStatus(
            name: "locators", protocolID: "jt808", state: .denied, reason: "permission denied",
            remedy: "look at it")
        let expected = """
            [{"name":"receiver-1","id":"usb-FTDI","path":"/dev/ttyUSB0","protocol":"surgard",\
            "state":"open","lastHeardAt":"2026-11-21T09:26:00.123456Z",\
            "counters":{"bytesIn":18446744073709551615,"skippedBytes.noise":6}},\
            {"name":"locators","protocol":"jt808","state":"denied","reason":"permission denied",\
            "remedy":"look at it","counters":{}}]
            """
        #expect(text(portsJSON([open, denied])) == expected)
        #expect(text(portsJSON([])) == "[]")
    }

    @Test("Health is its state, the reasons and what waits")
    func health() {
        let health = StationHealth(
            state: .degraded, reasons: ["port a is absent", "b"], pendingEvents: 4)
        let expected =
            #"{"state":"degraded","reasons":["port a is absent","b"],"pendingEvents":4}"#
        #expect(text(healthJSON(health)) == expected)
    }
}
