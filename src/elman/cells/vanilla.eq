# The vanilla recurrent network of the lab, in row form.
# Elman, 1990: Finding structure in time, Cognitive Science 14(2), doi:10.1207/s15516709cog1402_1
# With tanh for the logistic function, as is usual today, and a linear output.
h_t = tanh(x_t W_x + h_{t-1} W_h + b_h)
y_t = h_t W_y + b_y
