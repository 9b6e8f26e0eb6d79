import AlarmModel

/// Every protocol that the station speaks. A new one is its spec folder, its source folder, and
/// one line here.
public enum ProtocolRegistry {
    public static let all: [ProtocolDescriptor] = [
        .init(TocsinLink.self),
        .init(SurGard.self),
        .init(JTT808.self),
        .init(Ademco685.self),
        .init(Radionics6500.self),
        .init(FBII.self),
        .init(EV07B.self),
        .init(Queclink.self),
        .init(DC09.self),
        .init(ESP3.self),
        .init(RFXtrx.self),
        .init(HIDButton.self),
        .init(GT06.self),
        .init(Watch.self),
        .init(ESPA444.self),
        .init(TAP.self),
        .init(NMEA.self),
        .init(RTL433.self),
    ]

    public static func find(_ id: ProtocolID) -> ProtocolDescriptor? {
        all.first { $0.id == id }
    }
}
