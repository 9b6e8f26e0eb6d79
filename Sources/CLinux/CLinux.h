// What the Glibc module lacks: epoll, eventfd, accept4, rates outside the termios table, and the
// serial driver's own ioctls. Functions that take a descriptor return 0, or -1 with errno set.
#pragma once

#include <errno.h>
#include <linux/serial.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

// The header declares it for GNU sources only.
extern int accept4(int, struct sockaddr *, socklen_t *, int);

// A connection that is non-blocking and closed on exec from its first moment.
static inline int linux_accept(int listener, struct sockaddr *peer, socklen_t *length) {
    return accept4(listener, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline unsigned int linux_device_major(dev_t device) { return major(device); }
static inline unsigned int linux_device_minor(dev_t device) { return minor(device); }

// The kernel's struct termios2, generic layout (x86, Arm, RISC-V). <asm/termbits.h> has it too, and
// cannot be included next to <termios.h>.
struct linux_termios2 {
    uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
    uint8_t c_line, c_cc[19];
    uint32_t c_ispeed, c_ospeed;
};
#define LINUX_TCGETS2 _IOR('T', 0x2A, struct linux_termios2)
#define LINUX_TCSETS2 _IOW('T', 0x2B, struct linux_termios2)
#define LINUX_CBAUD 0010017u
#define LINUX_BOTHER 0010000u

// Any rate in bits per second, both directions. Everything else stays as it is.
static inline int linux_set_baud(int tty, uint32_t baud) {
    struct linux_termios2 settings;
    if (ioctl(tty, LINUX_TCGETS2, &settings) != 0) return -1;
    settings.c_cflag &= ~(LINUX_CBAUD | LINUX_CBAUD << 16);
    settings.c_cflag |= LINUX_BOTHER | LINUX_BOTHER << 16;
    settings.c_ispeed = baud;
    settings.c_ospeed = baud;
    return ioctl(tty, LINUX_TCSETS2, &settings);
}

// The rate that the driver really set.
static inline int linux_get_baud(int tty, uint32_t *baud) {
    struct linux_termios2 settings;
    if (ioctl(tty, LINUX_TCGETS2, &settings) != 0) return -1;
    *baud = settings.c_ospeed;
    return 0;
}

// Asks the driver to hand over bytes at once instead of collecting them (FTDI: 16 ms).
static inline int linux_set_low_latency(int tty) {
    struct serial_struct line;
    if (ioctl(tty, TIOCGSERIAL, &line) != 0) return -1;
    if (line.flags & ASYNC_LOW_LATENCY) return 0;
    line.flags |= ASYNC_LOW_LATENCY;
    return ioctl(tty, TIOCSSERIAL, &line);
}

// Makes close() give up unsent bytes instead of blocking for up to 30 s. Needs CAP_SYS_ADMIN.
static inline int linux_set_no_closing_wait(int tty) {
    struct serial_struct line;
    if (ioctl(tty, TIOCGSERIAL, &line) != 0) return -1;
    line.closing_wait = ASYNC_CLOSING_WAIT_NONE;
    return ioctl(tty, TIOCSSERIAL, &line);
}

// Bytes that the hardware or the driver lost since the device was plugged in.
static inline int linux_get_overruns(int tty, uint64_t *overruns) {
    struct serial_icounter_struct counters;
    if (ioctl(tty, TIOCGICOUNT, &counters) != 0) return -1;
    *overruns = (uint64_t)(uint32_t)counters.overrun + (uint32_t)counters.buf_overrun;
    return 0;
}
