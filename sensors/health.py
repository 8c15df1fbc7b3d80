"""SensorHealth: how far each source can be believed just now; Watch: who decides that of one source, packet by packet."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, kw_only=True)
class SensorHealth:
    """What is known of one source.

    Attributes:
        age_s: seconds from its newest packet to the observation; infinite if there was none.
        valid: whether what it says is used.
        reason: why not, a sentence; empty when valid.
    """

    age_s: float
    valid: bool
    reason: str = ""


@dataclass
class HealthConfig:
    """When a source is no longer believed, and when again.

    Attributes:
        silent_periods: older than so many periods, plus `transport_s` on the wire, is silence.
        transport_s: s.
        disagreement: share of a view that may change at once before the sensor, not the world, has moved.
        strangeness: the same for a moving camera, compared with what is remembered.
        bias_max: how far a gyroscope may be off the joints for good, rad/s.
        rate_error: how far at once, rad/s: some five σ of what noise leaves in the mean of a turn, with room for the joints'.
        rate_share: and by what share of the rate: a gyroscope's sensitivity is known to one percent. More, where joints and
            IMU are stamped by clocks that do not quite agree.
        force_bias_max: how far an accelerometer may be off gravity and what the joints do for good, m/s²: 20 mg are left in a
            cheap one, and some in how level the base stands.
        force_error: how far at once, m/s²: some fifteen σ of what noise leaves in the mean of a turn, with room for 6 mm/s
            that the joints' velocities are off.
        probation: so many good packets in a row end an outage.
    """

    silent_periods: float = 1.5
    transport_s: float = 0.04
    disagreement: float = 0.15
    strangeness: float = 0.25
    bias_max: float = 0.02
    rate_error: float = 0.008
    rate_share: float = 0.01
    force_bias_max: float = 0.4
    force_error: float = 0.06
    probation: int = 2


class Watch:
    """Believes a source until something speaks against it, and again after a few packets that nothing speaks against."""

    def __init__(self, rate_hz: int, config: HealthConfig) -> None:
        """Nothing has come yet."""
        self._limit_s = config.silent_periods / rate_hz + config.transport_s
        self._probation = config.probation
        self._good = config.probation - 1  # the first packet is believed at once
        self._reason = "nothing has come yet"
        self._newest_ns: int | None = None

    @property
    def believed(self) -> bool:
        """Whether what it says is used."""
        return not self._reason

    def hear(self, stamp_ns: int, now_ns: int, symptom: str) -> None:
        """A packet has come; `symptom` says what speaks against it, empty for nothing."""
        self._newest_ns = stamp_ns
        late_s = (now_ns - stamp_ns) * 1e-9
        symptom = symptom or (f"arrives {late_s:.2f} s late" if late_s > self._limit_s else "")
        self._good = 0 if symptom else self._good + 1
        if symptom or self._good >= self._probation:
            self._reason = symptom

    def miss(self, now_ns: int) -> None:
        """Nothing has come in this turn."""
        if self._newest_ns is not None and (now_ns - self._newest_ns) * 1e-9 > self._limit_s:
            self._good = 0
            self._reason = f"silent for {(now_ns - self._newest_ns) * 1e-9:.2f} s"

    def health(self, now_ns: int) -> SensorHealth:
        """The verdict at this instant."""
        age_s = np.inf if self._newest_ns is None else (now_ns - self._newest_ns) * 1e-9
        return SensorHealth(age_s=float(age_s), valid=self.believed, reason=self._reason)
