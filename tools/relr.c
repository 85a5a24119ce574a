	/* Part of musl's start: packed relative relocations, DT_RELR (36) of DT_RELRSZ (35) bytes. An
	 * address is the next place to relocate; a number with bit 0 set tells by its other bits which
	 * of the 63 places behind the last one are, too. */
	size_t *relr = (void *)(base + dyn[36]), *relr_end = relr + dyn[35] / sizeof(size_t), *at = 0;
	for (; relr < relr_end; relr++) {
		size_t bits = *relr;
		if (bits & 1) {
			for (i = 0; bits >>= 1; i++)
				if (bits & 1)
					at[i] += base;
			at += 8 * sizeof(size_t) - 1;
		} else {
			at = (void *)(base + bits);
			*at++ += base;
		}
	}
