import AlarmModel

/// What an alarm code says in the station's words. Contact ID and SIA each have a table of these.
struct CodeMeaning: Equatable, Sendable {
    var kind: EventKind
    /// The code itself says that the condition has ended.
    var isRestored = false
    /// The number behind the code is a person's, not a zone's.
    var namesUser = false

    /// A code that no table has: shown with its digits, never dropped.
    static let unlisted = CodeMeaning(kind: .unknown)

    /// Every code that means a test is marked as one by its sender.
    var isTest: Bool { kind == .test }
}
