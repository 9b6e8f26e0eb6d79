// The least that any program does that tells many clients what comes in on a line: for each turn of
// the line, one read, and one write of the same bytes to each client.
#include "CBaselines.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int answers(int client) {
    char request[4096];
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    return read(client, request, sizeof request) > 0 &&
           write(client, head, sizeof head - 1) == sizeof head - 1;
}

static void serve(int listener, int line, size_t count, const uint8_t *text, size_t length,
                  size_t portion, volatile uint64_t *turns) {
    int *clients = calloc(count, sizeof *clients);
    for (size_t index = 0; index < count; index++) {
        clients[index] = accept(listener, NULL, NULL);
        if (clients[index] < 0 || !answers(clients[index])) _exit(1);
    }
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = line}, ready;
    epoll_ctl(epoll, EPOLL_CTL_ADD, line, &event);
    static char bytes[65536];
    size_t rest = 0;
    for (;;) {
        if (epoll_wait(epoll, &ready, 1, -1) < 1) continue;
        const ssize_t taken = read(line, bytes, sizeof bytes);
        if (taken < 0 && errno != EAGAIN) _exit(0);
        if (taken > 0) rest += (size_t)taken;
        for (; rest >= portion; rest -= portion) {
            for (size_t index = 0; index < count; index++)
                if (write(clients[index], text, length) != (ssize_t)length) _exit(1);
            *turns += 1;
        }
    }
}

struct baseline_fan baseline_fan_out(
    const char *path, int line, size_t count, const uint8_t *text, size_t length, size_t portion) {
    struct baseline_fan fan = {.process = -1};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096))
        return fan;
    fan.turns = mmap(
        NULL, sizeof *fan.turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fan.turns == MAP_FAILED) return fan;
    fan.process = fork();
    if (fan.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, line, count, text, length, portion, (volatile uint64_t *)fan.turns);
    }
    close(listener);
    return fan;
}

// Reads what comes on many sockets, for as long as it lives.
static void read_all(const int *descriptors, size_t count, volatile uint64_t *lines) {
    // Behind the last two bytes of the same client: the end of a line may come in two reads.
    char(*tails)[2] = calloc(count, sizeof *tails);
    static char bytes[2 + 65536];
    int epoll = epoll_create1(0);
    for (size_t index = 0; index < count; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptors[index], &event);
    }
    for (;;) {
        struct epoll_event ready[64];
        const int found = epoll_wait(epoll, ready, 64, -1);
        for (int index = 0; index < found; index++) {
            const size_t client = ready[index].data.u64;
            const ssize_t length = read(descriptors[client], bytes + 2, sizeof bytes - 2);
            if (length <= 0) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, descriptors[client], NULL);
                continue;
            }
            memcpy(bytes, tails[client], 2);
            const char *const end = bytes + 2 + length;
            uint64_t ended = 0;
            for (const char *at = bytes + 2; (at = memchr(at, '\n', (size_t)(end - at))); at++)
                ended += at[-1] == '}' || (at[-1] == '\r' && at[-2] == '}');
            memcpy(tails[client], end - 2, 2);
            *lines += ended;
        }
    }
}

struct baseline_readers baseline_read_lines(const int *descriptors, size_t count) {
    struct baseline_readers readers = {.process = -1};
    readers.lines = mmap(
        NULL, sizeof *readers.lines, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (readers.lines == MAP_FAILED) return readers;
    readers.process = fork();
    if (readers.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        read_all(descriptors, count, (volatile uint64_t *)readers.lines);
    }
    return readers;
}

void baseline_end(int process) {
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}
