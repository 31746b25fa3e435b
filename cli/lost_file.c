#include "lost_file.h"

#include "settings.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/* All below runs in a signal's handler, wherever the program was: it calls read() and its like and
 * nothing that allocates or locks. */

/* A line of /proc/self/maps, taken byte by byte:
 *
 *     7f0c1a200000-7f0c1a2f4000 r--p 00000000 fe:01 1835022      /home/me/model/model.safetensors
 */
typedef struct mapping {
    uintptr_t begin, end;
    char path[PATH_MAX];
    size_t path_count;
    enum { AT_BEGIN, AT_END, AT_MIDDLE, AT_PATH } at;
} mapping;

static uintptr_t with_digit(uintptr_t number, char digit)
{
    return number * 16 + (uintptr_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void mapping_take(mapping *m, char byte)
{
    if (m->at == AT_BEGIN && byte == '-')
        m->at = AT_END;
    else if (m->at == AT_END && byte == ' ')
        m->at = AT_MIDDLE;
    else if (m->at == AT_BEGIN)
        m->begin = with_digit(m->begin, byte);
    else if (m->at == AT_END)
        m->end = with_digit(m->end, byte);
    else if (m->at == AT_MIDDLE && byte == '/')
        m->at = AT_PATH;
    if (m->at == AT_PATH && m->path_count < sizeof m->path) m->path[m->path_count++] = byte;
}

/* Finds the mapping with the address; false: there is none of a file. */
static bool mapping_find(uintptr_t address, mapping *out)
{
    char bytes[1024];
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return false;
    *out = (mapping){ 0 };
    for (ssize_t count; (count = read(maps, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < count; i++) {
            if (bytes[i] != '\n') {
                mapping_take(out, bytes[i]);
                continue;
            }
            if (address >= out->begin && address < out->end) return out->path_count > 0;
            *out = (mapping){ 0 };
        }
    return false;
}

static void say(const char *bytes, size_t count)
{
    ssize_t written = write(STDERR_FILENO, bytes, count);
    (void)written;
}

static void bus_error_tell(int number, siginfo_t *information, void *context)
{
    static const char before[] = "bert: ",
                      after[] =
                          ": got shorter, or its disk failed, while it was being read; put the "
                          "file back and run the command again\n";
    mapping m;
    (void)context;
    if (information->si_code <= 0 || !mapping_find((uintptr_t)information->si_addr, &m)) {
        signal(number, SIG_DFL); /* not of a file: as without this handler */
        raise(number);
        return;
    }
    say(before, sizeof before - 1);
    say(m.path, m.path_count);
    say(after, sizeof after - 1);
    _exit(EXIT_FAILED);
}

void lost_file_watch(void)
{
    struct sigaction action = { .sa_sigaction = bus_error_tell, .sa_flags = SA_SIGINFO };
    sigfillset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
