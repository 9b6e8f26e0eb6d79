/// A slot where the slot itself is not known: its number, and what is counted for it.
struct SlotMark {
    let number: Int32
    let counters: PortCounts
}
