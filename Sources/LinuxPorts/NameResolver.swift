import AlarmModel
import Glibc

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
    func ask(for address: TCPAddress, slotNumber: Int32) -> Bool {
        let question = Question(address: address, slotNumber: slotNumber, answers: answers)
        let box = unsafe Unmanaged.passRetained(question)
        var thread = pthread_t()
        let failed = unsafe pthread_create(
            &thread, nil,
            { box in
                guard let box = unsafe box else { return nil }
                unsafe Unmanaged<Question>.fromOpaque(box).takeRetainedValue().answer()
                return nil
            }, box.toOpaque())
        guard failed == 0 else {
            unsafe box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Question: Sendable {
        let address: TCPAddress
        let slotNumber: Int32
        let answers: Inbox<Answer>

        init(address: TCPAddress, slotNumber: Int32, answers: Inbox<Answer>) {
            self.address = address
            self.slotNumber = slotNumber
            self.answers = answers
        }

        func answer() {
            // Signals are for the daemon's own threads.
            var all = sigset_t()
            unsafe sigfillset(&all)
            unsafe pthread_sigmask(SIG_SETMASK, &all, nil)
            let result = SocketAddress.resolve(address.host, address.port, numericOnly: false)
            // A full inbox costs nothing but time: the slot asks again.
            _ = answers.post(Answer(slotNumber: slotNumber, result: result))
        }
    }
}
