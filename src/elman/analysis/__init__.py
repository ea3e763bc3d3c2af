"""What a trained network does: its gradients over time, its states, what they hold, its speed."""
