// swift-tools-version:6.2
import PackageDescription

/// Every target of ours: warnings are errors, memory safety is strict, imports are shown.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests use macros that strict memory safety would flag, so only the warnings rule holds there.
let testSettings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "tocsin",
    products: [
        .executable(name: "tocsind", targets: ["tocsind"]),
        .executable(name: "tocsin", targets: ["tocsin"]),
        // Static, so that `make fuzz` can link it with the fuzzer's own main.
        .library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]),
    ],
    dependencies: [
        // HTTP server of the operator desk: streaming bodies with back-pressure, Unix sockets.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1",
            traits: []),
        // What Hummingbird's requests and graceful ends are spoken in.
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        // Sockets under Hummingbird; the command line's client speaks HTTP over it directly.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // SQLite with migrations and a reader pool; 98 % of a raw write+fdatasync loop.
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        // YAML with line and column of every node, for configuration errors that can be found.
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        // Sub-commands, help texts and completions of `tocsin`.
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        // AES-CBC of encrypted DC-09 messages; SHA-256 of the ledger's seals.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // Hummingbird asks for a Logger.
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        // Deque: queues whose removeFirst is not a move of everything behind it. Heap: deadlines.
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
    ],
    targets: [
        // C edges: shims and module maps, nothing else.
        .systemLibrary(name: "CBytes"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CLibudev", pkgConfig: "libudev", providers: [.apt(["libudev-dev"])]),
        .systemLibrary(
            name: "CLibsystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),

        // Pure: no Foundation, no Glibc, no clock.
        .target(
            name: "AlarmModel",
            dependencies: [.product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: settings),
        .target(
            name: "WireProtocols",
            dependencies: [
                "AlarmModel", "CBytes",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .target(name: "Captures", dependencies: ["AlarmModel"], swiftSettings: settings),
        .target(
            name: "StationCore",
            dependencies: [
                "AlarmModel", "WireProtocols", "Captures",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "Simulation",
            dependencies: ["AlarmModel", "WireProtocols", "StationCore"],
            swiftSettings: settings),

        // Edges: disk, kernel, network.
        .target(
            name: "StationLedger",
            dependencies: [
                "AlarmModel", .product(name: "GRDB", package: "GRDB.swift"),
                // Rows are bound to statements directly: a copy less for each column.
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .target(
            name: "LinuxPorts", dependencies: ["AlarmModel", "CLinux", "CLibudev"],
            swiftSettings: settings),
        .target(name: "EventJSON", dependencies: ["AlarmModel"], swiftSettings: settings),
        .target(
            name: "OperatorDesk",
            dependencies: [
                "AlarmModel", "StationLedger", "EventJSON",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        // Wiring.
        .target(
            name: "StationDaemon",
            dependencies: [
                "AlarmModel", "WireProtocols", "Captures", "StationCore", "StationLedger",
                "LinuxPorts", "OperatorDesk", "CLinux", "CLibsystemd",
                .product(name: "Yams", package: "Yams"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "tocsind",
            dependencies: [
                "StationDaemon",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "AlarmModel", "WireProtocols", "Captures", "StationCore", "StationLedger",
                "EventJSON", "StationDaemon", "OperatorDesk", "Simulation", "LinuxPorts", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        // `make bench`: every figure beside a baseline of the same run, most of them plain C.
        .target(name: "CBaselines", path: "Benchmarks/CBaselines"),
        .executableTarget(
            name: "bench",
            dependencies: [
                "AlarmModel", "WireProtocols", "StationLedger", "EventJSON", "CBaselines",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Bench", swiftSettings: settings),
        // Tests, and the programs that they start.
        .target(
            name: "FuzzTargets",
            dependencies: ["AlarmModel", "WireProtocols", "Captures", "EventJSON"],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "Simulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/SimulationRunner", swiftSettings: settings),
        .executableTarget(
            name: "PortProbe", dependencies: ["AlarmModel", "LinuxPorts"],
            path: "Tests/PortProbe", swiftSettings: testSettings),
        .executableTarget(
            name: "planteddaemon",
            dependencies: ["AlarmModel", "StationDaemon", "StationLedger"],
            path: "Tests/PlantedDaemon", swiftSettings: testSettings),
        .testTarget(
            name: "WireProtocolsTests",
            dependencies: [
                "AlarmModel", "WireProtocols", "Captures", "EventJSON", "StationLedger",
                "StationCore",
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "CapturesTests", dependencies: ["AlarmModel", "Captures"],
            swiftSettings: testSettings),
        .testTarget(
            name: "StationCoreTests", dependencies: ["AlarmModel", "WireProtocols", "StationCore"],
            swiftSettings: testSettings),
        .testTarget(
            name: "SniffingTests", dependencies: ["AlarmModel", "WireProtocols", "StationCore"],
            swiftSettings: testSettings),
        .testTarget(
            name: "SimulationTests", dependencies: ["AlarmModel", "Simulation"],
            swiftSettings: testSettings),
        .testTarget(
            name: "StationLedgerTests",
            dependencies: [
                "AlarmModel", "StationLedger", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["Ledgers"], swiftSettings: testSettings),
        .testTarget(
            name: "LinuxPortsTests",
            dependencies: ["AlarmModel", "LinuxPorts", "CLinux", "PortProbe"],
            swiftSettings: testSettings),
        .testTarget(
            name: "OperatorDeskTests",
            dependencies: [
                "AlarmModel", "StationLedger", "OperatorDesk", "EventJSON",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                // Connections under a clock of the test's own.
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "StationDaemonTests",
            dependencies: [
                "AlarmModel", "WireProtocols", "Captures", "StationCore", "LinuxPorts",
                "StationDaemon",
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "AlarmModel", "WireProtocols", "Captures", "StationLedger", "tocsind", "tocsin",
                "planteddaemon",
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "TidyTests", dependencies: ["WireProtocols"], swiftSettings: testSettings),
    ]
)
