import struct
import sys
import threading
import time

from envirosense.factory.executors import WorkerPool

PATIENCE_S = 30


def begin_a_result(begun):
    """Send the head of a result and never the rest, as a worker does that is killed in between."""
    frame = sys._getframe()
    while frame.f_code.co_name != "_process_worker":
        frame = frame.f_back
    frame.f_locals["result_queue"]._writer._send(struct.pack("!i", 100))
    begun.touch()
    time.sleep(2 * PATIENCE_S)


def test_a_pool_whose_worker_had_half_sent_a_result_ends_at_once(tmp_path):
    pool, begun = WorkerPool(1), tmp_path / "begun"
    future = pool.submit(begin_a_result, begun)
    while not begun.exists():
        assert not future.done(), future.exception()
        time.sleep(0.01)
    results = pool._pool._result_queue
    killer = threading.Thread(target=pool.kill)
    killer.start()
    killer.join(PATIENCE_S)
    was_stuck = killer.is_alive()
    results._writer.close()  # a stuck pool would keep the interpreter from ending
    killer.join(PATIENCE_S)
    assert not was_stuck
