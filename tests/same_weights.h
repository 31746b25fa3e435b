/* same_weights.h: two model folders that must hold the same weights, however they store them. */
#ifndef TESTS_SAME_WEIGHTS_H
#define TESTS_SAME_WEIGHTS_H

#include "model/pretrained.h"

/* Opened, or the test fails; pretrained_release() at the end. */
pretrained pretrained_opened(const char *folder);

/* The folders under `within` have the same weights, bit by bit, and none that the other lacks. */
void assert_same_weights(const char *within, const char *a, const char *b);

#endif
