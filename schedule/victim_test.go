package schedule

const victimVariable = "TDLAKE_TEST_VICTIM"

func victim() {}
