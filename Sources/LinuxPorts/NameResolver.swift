import AlarmModel

/// Asks the name service on a thread of its own, because it may take half a minute to answer.
struct NameResolver {
    struct Answer: Sendable {
        /// The slot that asked.
        var slotNumber: Int32
        var result: Result<[SocketAddress], SocketAddress.NameError>
    }

    let answers: Inbox<Answer>

    init(waking mailbox: Mailbox) {
        answers = Inbox(capacity: Limits.resolvedNamesMax, waking: mailbox)
    }

    /// The answer comes to ``answers``. False when no thread could be had.
    func ask(for address: NetworkAddress, slotNumber: Int32) -> Bool {
        let answers = answers
        return DetachedThread.run {
            let result = SocketAddress.resolve(address.host, address.port, numericOnly: false)
            // A full inbox costs nothing but time: the slot asks again.
            _ = answers.post(Answer(slotNumber: slotNumber, result: result))
        }
    }
}
