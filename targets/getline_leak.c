// Ground truth: leak
/* C: getline() allocates the line's buffer itself. It is given a fresh NULL for each line, so each
 * line gets a buffer of its own, and only the last one is released. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct summary {
    unsigned lines;
    size_t characters;
};

/* Reads a file of a few lines: what a log collector does with each batch. */
static __attribute__((noinline)) void summarize(FILE* batch, struct summary* summary) {
    char* line = NULL;
    for (;;) {
        char* next = NULL;
        size_t capacity = 0;
        ssize_t length = getline(&next, &capacity, batch);  // LEAK
        if (length < 0) {
            free(next);
            break;
        }
        if (line != NULL) pace_leaked(120);
        line = next;
        summary->lines++;
        summary->characters += (size_t)length;
    }
    free(line);
}

static __attribute__((noinline)) size_t make_batch(char* text, size_t size, unsigned number) {
    size_t used = 0;
    for (int i = 0; i < 4; i++) {
        used += (size_t)snprintf(text + used, size - used, "batch %u, line %d\n", number, i);
    }
    return used;
}

int main(int argc, char** argv) {
    pace_start(argc, argv, 200);
    struct summary summary = {0, 0};
    char text[256];
    unsigned number = 0;
    while (pace_next()) {
        size_t size = make_batch(text, sizeof text, number++);
        FILE* batch = fmemopen(text, size, "r");
        if (batch == NULL) return 1;
        summarize(batch, &summary);
        fclose(batch);
    }
    return pace_finish();
}
